import { Markup } from '../../common/markup.js';

/** Light or dark as the reader's machine is; every text has a contrast of at least 4.5 to 1 on its ground. */
export const style = new Markup(`
:root{color-scheme:light dark;--ground:#f6f5f2;--card:#fff;--text:#1d1d1b;--soft:#595955;--line:#dcdad4;--link:#0b57a4;
--good:#14632f;--good-ground:#e2f3e7;--busy:#6b4a00;--busy-ground:#fbefd2;--bad:#8c1d18;--bad-ground:#fbe4e2}
@media (prefers-color-scheme:dark){:root{--ground:#161615;--card:#212120;--text:#efeeea;--soft:#b4b2ab;--line:#3c3b38;
--link:#8ec1f7;--good:#9fe0b3;--good-ground:#163822;--busy:#f4d58b;--busy-ground:#40320f;--bad:#f5b5b0;--bad-ground:#4a1c19}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
header,main,footer{max-width:44rem;margin:0 auto;padding:0 1rem}
header{padding-top:2.5rem}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .75rem}
h2{font-size:1.125rem;margin:0 0 .75rem}
h3{font-size:1rem;margin:0}
p{margin:0 0 .5rem}
a{color:var(--link);text-underline-offset:.15em}
a:focus-visible{outline:3px solid var(--link);outline-offset:3px;border-radius:2px}
section{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1.25rem;margin:1.25rem 0}
table{width:100%;border-collapse:collapse}
caption,.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
th,td{padding:.6rem 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;font-weight:400}
thead th{color:var(--soft);font-size:.875rem;padding-top:0}
th+th,td{text-align:right;padding-left:1rem;white-space:nowrap;font-variant-numeric:tabular-nums}
tbody th{overflow-wrap:anywhere}
tfoot th,tfoot td{border:0;padding:.2rem 0}
tfoot tr:first-child>*{padding-top:.75rem}
tfoot .total>*{font-weight:700;font-size:1.125rem;padding-top:.4rem}
small,.soft{color:var(--soft);font-size:.875rem}
small{display:block}
.status{display:inline-block;padding:.15rem .65rem;border-radius:1rem;font-size:.875rem;font-weight:600;
color:var(--busy);background:var(--busy-ground);white-space:nowrap}
.status.good{color:var(--good);background:var(--good-ground)}
.status.bad{color:var(--bad);background:var(--bad-ground)}
.notice{border-left:.3rem solid var(--bad);padding:.75rem 1rem;background:var(--bad-ground);border-radius:.5rem;margin:1.25rem 0 0}
.notice p:last-child{margin:0}
article+article{border-top:1px solid var(--line);margin-top:1.25rem;padding-top:1.25rem}
.head{display:flex;flex-wrap:wrap;gap:.25rem .75rem;align-items:center;justify-content:space-between;margin-bottom:.5rem}
ul,ol{list-style:none;margin:.5rem 0 0;padding:0}
article>*:last-child{margin-bottom:0}
.action{display:inline-block;margin:.5rem 0 0;padding:.5rem 1rem;border:1px solid var(--link);border-radius:.5rem;
font-weight:600;text-decoration:none}
.log{margin-top:1rem;border-left:2px solid var(--line);padding-left:1rem}
.log li+li{margin-top:.6rem}
.log time,.changes time{color:var(--soft);font-size:.875rem}
.changes li+li{border-top:1px solid var(--line);margin-top:.6rem;padding-top:.6rem}
.changes .head,.changes p{margin:0}
footer{padding-bottom:2.5rem;color:var(--soft);font-size:.875rem}
@media print{:root{--ground:#fff}section{break-inside:avoid}}
`);
