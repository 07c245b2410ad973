// Values of header fields that the gateway completes: texts, and in between what the placeholders stand for.
import { readTemplate } from "@sluice/plugin-sdk/counting";
import type { Placeholder } from "@sluice/plugin-sdk/counting";
import type { Exchange } from "../../exchange.ts";
import { serialOf, uuidOf } from "../../request-id.ts";
import type { OpenQuotas } from "./open-quotas.ts";

type Read = (exchange: Exchange) => string | number;

export interface FilledValue {
  readonly parts: readonly (string | Read)[];
  /** The quotas that it tells of. */
  readonly quotas: readonly number[];
}

/** Undefined when a placeholder in it is none of the entry's. */
export function filledValue(
  template: string,
  entry: number,
  quotas: OpenQuotas,
): FilledValue | undefined {
  const read = readTemplate(template);
  if (read === undefined) return undefined;
  const parts: (string | Read)[] = [];
  const used: number[] = [];
  for (const part of read) {
    const found = typeof part === "string" ? part : readerOf(part, entry, quotas);
    if (found === undefined) return undefined;
    if (typeof part !== "string" && part.kind === "quota") used.push(part.quota);
    parts.push(found);
  }
  return { parts, quotas: used };
}

/** What stands in the template itself. */
export function textOf({ parts }: FilledValue): string {
  return parts.filter((part) => typeof part === "string").join("");
}

export function filledIn({ parts }: FilledValue, exchange: Exchange): string {
  let text = "";
  for (const part of parts) text += typeof part === "string" ? part : part(exchange);
  return text;
}

function readerOf(placeholder: Placeholder, entry: number, quotas: OpenQuotas): Read | undefined {
  if (placeholder.kind === "uuid") return uuidOf;
  if (placeholder.kind === "serial") return serialOf;
  const { window, value } = placeholder;
  const counter = quotas.of(entry, placeholder.quota)?.counter;
  if (counter?.valueOf(window, value) === undefined) return undefined;
  return () => counter.valueOf(window, value) ?? 0;
}
