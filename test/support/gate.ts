import { onTestFinished } from 'vitest';

type Call = (...args: never[]) => unknown;
type MethodOf<T> = { [K in keyof T]: T[K] extends Call ? K : never }[keyof T];

/**
 * Holds one call of a method of this process for as long as a test wants: what a slow provider or a machine that stands
 * still does, without a time that has to be guessed.
 */
export class Gate {
  /** Resolves when the call is there. */
  readonly reached: Promise<void>;
  private let: () => void = () => undefined;

  private constructor(hold: (reached: () => void, opened: Promise<void>) => void) {
    const opened = new Promise<void>((resolve) => (this.let = resolve));
    this.reached = new Promise<void>((resolve) => hold(resolve, opened));
  }

  /** The next call that `isIt` recognises by its arguments; all others go on. */
  static before<T extends object, K extends MethodOf<T>>(
    instance: T,
    method: K,
    isIt: (...args: Parameters<Extract<T[K], Call>>) => boolean = () => true,
  ): Gate {
    const methods = instance as Record<K, Call>;
    const original = methods[method].bind(instance);
    const gate = new Gate((reached, opened) => {
      methods[method] = async (...args) => {
        if (!isIt(...(args as unknown as Parameters<Extract<T[K], Call>>))) return original(...args);
        methods[method] = original;
        reached();
        await opened;
        return original(...args);
      };
    });
    // Of a test that has failed too, or its server could not stop.
    onTestFinished(() => gate.open());
    return gate;
  }

  open(): void {
    this.let();
  }
}
