// What is counted as plain data, which other threads can be sent.

export type Labels = Record<string, string | number>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
  /** When it is not the family's: the parts of a histogram. */
  readonly metricName?: string;
}

/** A metric with the samples of this moment. */
export interface Family {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** One family about many things of a kind, a sample for each, whose labels say which. */
export function familiesOf<Item>(
  items: readonly Item[],
  labelsOf: (item: Item) => Labels,
): FamilyOf<Item> {
  return (type, name, help, read) => ({
    name,
    type,
    help,
    samples: items.map((item) => ({ labels: labelsOf(item), value: read(item) })),
  });
}

type FamilyOf<Item> = (
  type: "counter" | "gauge",
  name: string,
  help: string,
  read: (item: Item) => number,
) => Family;

/** Adds up samples with the same name and labels: several threads count as one. */
export function sumFamilies(reports: readonly (readonly Family[])[]): Family[] {
  const families = new Map<string, { family: Family; samples: Map<string, Sample> }>();
  for (const family of reports.flat()) {
    let sum = families.get(family.name);
    if (sum === undefined) families.set(family.name, (sum = { family, samples: new Map() }));
    for (const sample of family.samples) {
      const key = JSON.stringify([sample.metricName, sample.labels]);
      const value = (sum.samples.get(key)?.value ?? 0) + sample.value;
      sum.samples.set(key, { ...sample, value });
    }
  }
  return [...families.values()].map(({ family, samples }) => ({
    ...family,
    samples: [...samples.values()],
  }));
}

/** What still holds of a thread that has ended: it has counted, but holds nothing any more. */
export function withoutGauges(families: readonly Family[]): Family[] {
  return families.filter(({ type }) => type !== "gauge");
}

/** Sum of a metric's samples, whatever their labels. */
export function totalOf(families: readonly Family[], name: string): number {
  const samples = families.find((family) => family.name === name)?.samples ?? [];
  return samples.reduce((sum, { value }) => sum + value, 0);
}
