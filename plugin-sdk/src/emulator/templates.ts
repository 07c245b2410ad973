// Values of header fields with placeholders, and what those stand for in one request.
import { readTemplate } from "../counting/index.ts";
import type { Placeholder, TemplatePart } from "../counting/index.ts";
import type { Exchange } from "./exchange.ts";
import type { HostState } from "./host-state.ts";
import type { OpenQuotas } from "./open-quotas.ts";
import type { PhaseCall } from "./phase-calls.ts";

export type Template = readonly TemplatePart[];

/** What a value has besides placeholders. */
export function literalsOf(template: Template): string {
  return template.filter((part) => typeof part === "string").join("");
}

export class Templates {
  readonly #quotas: OpenQuotas;
  readonly #host: HostState;

  constructor(quotas: OpenQuotas, host: HostState) {
    this.#host = host;
    this.#quotas = quotas;
  }

  /** Undefined when it has a placeholder that nobody knows. */
  read(text: string): Template | undefined {
    const template = readTemplate(text);
    return template?.every((part) => this.#isKnown(part)) === true ? template : undefined;
  }

  /** Whether each quota that it tells of was taken from last by this call. */
  isTakenFrom(template: Template, call: PhaseCall): boolean {
    return template.every((part) => {
      const isQuota = typeof part !== "string" && part.kind === "quota";
      return !isQuota || this.#quotas.of(part.quota)?.takenBy === call;
    });
  }

  fillIn(template: Template, exchange: Exchange): string {
    return template
      .map((part) => (typeof part === "string" ? part : this.#valueOf(part, exchange)))
      .join("");
  }

  #isKnown(part: TemplatePart): boolean {
    if (typeof part === "string" || part.kind !== "quota") return true;
    const { quota, window, value } = part;
    return this.#quotas.of(quota)?.counter.valueOf(window, value) !== undefined;
  }

  #valueOf(placeholder: Placeholder, exchange: Exchange): string | number | undefined {
    switch (placeholder.kind) {
      case "uuid":
        return exchange.uuid;
      case "serial":
        return (exchange.serial ??= ++this.#host.serials);
      case "quota": {
        const { quota, window, value } = placeholder;
        return this.#quotas.of(quota)?.counter.valueOf(window, value);
      }
    }
  }
}
