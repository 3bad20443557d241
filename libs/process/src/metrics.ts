import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Labels are closed sets (a method, a code): never anything that a client sent. */
export interface Metrics {
  readonly registry: Registry;
  counter<L extends string = never>(name: string, help: string, labels?: readonly L[]): Counter<L>;
  /** Runs whenever the metrics are about to be read: for counts that are kept elsewhere. */
  beforeReading(collect: () => void): void;
  /** Prometheus text. */
  read(): Promise<string>;
  gauge<L extends string = never>(name: string, help: string, labels?: readonly L[]): Gauge<L>;
  /** Seconds, from a millisecond to ten seconds. */
  seconds<L extends string = never>(name: string, help: string, labels?: readonly L[]): Histogram<L>;
}

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createMetrics(service: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  const common = { registers: [registry] };
  const collectors: (() => void)[] = [];
  return {
    registry,
    beforeReading: (collect) => void collectors.push(collect),
    read: async () => {
      for (const collect of collectors) collect();
      return registry.metrics();
    },
    counter: (name, help, labels = []) =>
      new Counter({ ...common, name: `callbook_${name}`, help, labelNames: [...labels] }),
    gauge: (name, help, labels = []) =>
      new Gauge({ ...common, name: `callbook_${name}`, help, labelNames: [...labels] }),
    seconds: (name, help, labels = []) =>
      new Histogram({ ...common, name: `callbook_${name}`, help, labelNames: [...labels], buckets }),
  };
}
