import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** A label's values are made by ourselves or signed by a provider, and still must not fill the memory. */
const maximumValues = 200;
const maximumLength = 80;

/** What `/metrics` shows: whoever counts something makes its counter here. Counts are of this process. */
@Injectable()
export class Metrics {
  private readonly registry = new Registry();
  private readonly values = new Map<string, Set<string>>();

  /** The function it returns adds one. */
  counter<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
  ): (labels: Record<Label, string>) => void {
    const counter = new Counter({ name, help, labelNames, registers: [this.registry] });
    return (labels) => {
      const bounded = Object.entries<string>(labels).map(([label, value]) => [
        label,
        this.bounded(`${name} ${label}`, value),
      ]);
      counter.inc(Object.fromEntries(bounded) as Record<Label, string>);
    };
  }

  /** `read` is called when somebody looks. One that fails leaves its value out and the others in place. */
  gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    read: () => Promise<{ labels: Record<Label, string>; value: number }[]>,
  ): void {
    const gauge = new Gauge({
      name,
      help,
      labelNames,
      registers: [this.registry],
      collect: async () => {
        gauge.reset();
        const samples = await read().catch(() => []);
        for (const { labels, value } of samples) gauge.set(labels, value);
      },
    });
  }

  /** The function it returns observes one value. */
  histogram(name: string, help: string, buckets: number[]): (value: number) => void {
    const histogram = new Histogram({ name, help, buckets, registers: [this.registry] });
    return (value) => histogram.observe(value);
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** Everything in the text format of Prometheus. */
  render(): Promise<string> {
    return this.registry.metrics();
  }

  private bounded(label: string, value: string): string {
    const known = this.values.get(label) ?? new Set();
    this.values.set(label, known);
    const short = value.slice(0, maximumLength);
    if (known.has(short)) return short;
    if (known.size === maximumValues) return 'other';
    known.add(short);
    return short;
  }
}
