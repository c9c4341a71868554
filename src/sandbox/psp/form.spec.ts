import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalForm, FormError, parseForm } from './form.js';

describe('parseForm', () => {
  it.each([
    ['amount=1999', { amount: '1999' }],
    ['metadata[attempt_id]=a&metadata[n]=1', { metadata: { attempt_id: 'a', n: '1' } }],
    ['expand[0]=latest_charge&expand[1]=customer', { expand: { 0: 'latest_charge', 1: 'customer' } }],
    ['expand[]=latest_charge&expand[]=customer', { expand: { 0: 'latest_charge', 1: 'customer' } }],
    ['a%5Bb%5D=x%20y', { a: { b: 'x y' } }],
    ['description=', { description: '' }],
    ['a[b=1', { 'a[b': '1' }],
    ['', {}],
  ])('reads %s', (text, expected) => {
    expect({ ...JSON.parse(JSON.stringify(parseForm(text))) }).toEqual(expected);
  });

  it('keeps __proto__ a parameter', () => {
    const form = parseForm('__proto__[polluted]=1');
    expect(Object.keys(form)).toEqual(['__proto__']);
    expect('polluted' in {}).toBe(false);
  });

  it('refuses a parameter that is both a value and an object', () => {
    expect(() => parseForm('a=1&a[b]=2')).toThrow(FormError);
  });
});

describe('canonicalForm', () => {
  it('does not depend on the order of parameters', () => {
    const pairs = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z]{1,5}$/), fc.string()), {
      selector: ([key]) => key,
    });
    fc.assert(
      fc.property(pairs, (entries) => {
        const forward = new URLSearchParams(entries).toString();
        const backward = new URLSearchParams([...entries].reverse()).toString();
        expect(canonicalForm(parseForm(forward))).toBe(canonicalForm(parseForm(backward)));
      }),
    );
  });

  it('tells different values apart', () => {
    expect(canonicalForm(parseForm('a[b]=1'))).not.toBe(canonicalForm(parseForm('a[b]=2')));
  });
});
