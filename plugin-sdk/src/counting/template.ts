// The host's side of placeholders: header values whose parts are known only when they are set.
import { partsOf } from "../placeholders.ts";
import type { QuotaValue } from "./quota-counter.ts";

/** What a placeholder stands for. */
export type Placeholder =
  | { readonly kind: "uuid" }
  | { readonly kind: "serial" }
  | {
      readonly kind: "quota";
      /** As `quota_open` gave it. */
      readonly quota: number;
      readonly window: string;
      readonly value: QuotaValue;
    };

export type TemplatePart = string | Placeholder;

/** Undefined when the text has a mark alone, or a placeholder that nobody knows. */
export function readTemplate(text: string): readonly TemplatePart[] | undefined {
  const parts = partsOf(text);
  if (parts === undefined) return undefined;
  const read: TemplatePart[] = [];
  for (const [at, part] of parts.entries()) {
    if (at % 2 === 0) {
      if (part !== "") read.push(part);
      continue;
    }
    const known = placeholderOf(part);
    if (known === undefined) return undefined;
    read.push(known);
  }
  return read;
}

function placeholderOf(name: string): Placeholder | undefined {
  if (name === "uuid" || name === "serial") return { kind: name };
  const [, quota, window, value] = /^quota\.(\d{1,9})\.([a-z]+)\.([a-z]+)$/.exec(name) ?? [];
  const isValue = value === "limit" || value === "remaining" || value === "reset";
  if (window === undefined || !isValue) return undefined;
  return { kind: "quota", quota: Number(quota), window, value };
}
