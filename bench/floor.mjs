// The least that has to happen for a webhook: read the bytes, insert a row, answer. PORT and DATABASE_URL say where.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 20 });
const insert = `INSERT INTO webhook_event
  (id, provider, event_id, type, known, part, payment, state, summary, body, attempts, next_at, try_until, received_at)
  VALUES ($1, 'stripe', $2, $3, true, 'payment', $4, 'received', $5, $6, 0, now(), now() + interval '3 days', now())
  ON CONFLICT (provider, event_id) DO NOTHING RETURNING id`;

createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', async () => {
    if (request.method === 'GET') return response.end('ok');
    const body = Buffer.concat(chunks).toString();
    const { id, type, data } = JSON.parse(body);
    await pool.query(insert, [`whe_${randomUUID()}`, id, type, data.object.id, '{}', body]);
    response.setHeader('Content-Type', 'application/json');
    response.end('{"received":true}');
  });
}).listen(Number(process.env.PORT), '127.0.0.1');
