// What placeholders in header values stand for, in one fake exchange.
import { readTemplate } from "../counting/index.ts";
import type { Placeholder } from "../counting/index.ts";
import type { FakeQuotas, HandlerCall } from "./fake-quotas.ts";

/** Gives the value that a template stands for; throws when it has a placeholder that stands for nothing. */
export type FillIn = (template: string) => string;

export class FakeFill {
  /** The handler that runs. */
  call: HandlerCall = {};
  readonly #serial: number;
  readonly #quotas: FakeQuotas;
  readonly #uuid = crypto.randomUUID();
  readonly fillIn: FillIn = (template) => {
    const parts = readTemplate(template);
    if (parts === undefined) {
      throw new TypeError(`${JSON.stringify(template)} has a placeholder that nobody knows`);
    }
    return parts.map((part) => (typeof part === "string" ? part : this.#textOf(part))).join("");
  };

  constructor(serial: number, quotas: FakeQuotas) {
    this.#serial = serial;
    this.#quotas = quotas;
  }

  #textOf(placeholder: Placeholder): string {
    switch (placeholder.kind) {
      case "uuid":
        return this.#uuid;
      case "serial":
        return String(this.#serial);
      case "quota": {
        const { quota, window, value } = placeholder;
        return String(this.#quotas.valueOf(this.call, quota, window, value));
      }
    }
  }
}
