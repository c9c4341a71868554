import { describe, expect, it } from 'vitest';
import { type AttemptState, attemptStates as all, isLegalTransition, isOpen } from './payment.states.js';

describe('the life of a payment attempt', () => {
  it('never leaves captured, and leaves what was closed without money only for money that came after all', () => {
    const next = (from: AttemptState): AttemptState[] => all.filter((to) => isLegalTransition(from, to));
    expect(next('captured')).toEqual([]);
    expect(next('canceling')).toEqual(['canceled', 'surplus']);
    // Surplus that was only authorized is let go of.
    expect(next('surplus')).toEqual(['canceled']);
    expect([next('failed'), next('canceled')]).toEqual([['authorized', 'surplus'], ['surplus']]);
  });

  it('cannot have money before it was called', () => {
    expect(all.filter((to) => isLegalTransition('started', to))).toEqual(['called', 'failed']);
  });

  it('never forgets what it knew: nothing but called and unknown becomes unknown', () => {
    expect(all.filter((from) => isLegalTransition(from, 'unknown'))).toEqual(['called', 'unknown']);
  });

  it('is open exactly as long as it can still end in money or none', () => {
    expect(all.filter((state) => isLegalTransition(state, 'failed'))).toEqual(all.filter(isOpen));
  });
});
