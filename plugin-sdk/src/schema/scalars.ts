// Schemas of strings and numbers, with their limits.
import { Schema } from "./schema.ts";

export class StringSchema extends Schema<string> {
  /** At least this many characters. */
  min(characters: number): StringSchema {
    return this.#with({ minLength: characters });
  }

  /** At most this many characters. */
  max(characters: number): StringSchema {
    return this.#with({ maxLength: characters });
  }

  nonEmpty(): StringSchema {
    return this.min(1);
  }

  /** Matches anywhere in the value: anchor with `^` and `$`. Throws when the expression has flags other than `u`. */
  pattern(expression: RegExp): StringSchema {
    if (expression.flags.replace("u", "") !== "") {
      throw new TypeError(`JSON Schema knows no flags in a pattern: ${String(expression)}`);
    }
    return this.#with({ pattern: expression.source });
  }

  /** The values name headers or query arguments that carry credentials: the gateway redacts those in its logs. */
  namesCredential(): StringSchema {
    return this.#with({ "x-sluice-names-credential": true });
  }

  /**
   * The value names a server that the plugin talks to, as an http(s) URL or "host:port". A plugin that comes with the
   * gateway may reach what the operator's config says here; any other needs `grants.fetch`.
   */
  endpoint(): StringSchema {
    return this.#with({ "x-endpoint": true });
  }

  /** The value itself is a credential: it never appears in logs, `check` output or API answers. */
  secret(): StringSchema {
    return this.#with({ writeOnly: true });
  }

  #with(keywords: Readonly<Record<string, unknown>>): StringSchema {
    return new StringSchema({ ...this.jsonSchema, ...keywords });
  }
}

export class NumberSchema extends Schema<number> {
  /** The least allowed value. */
  min(value: number): NumberSchema {
    return new NumberSchema({ ...this.jsonSchema, minimum: value });
  }

  /** The greatest allowed value. */
  max(value: number): NumberSchema {
    return new NumberSchema({ ...this.jsonSchema, maximum: value });
  }

  /** All allowed values are greater than this one. */
  above(value: number): NumberSchema {
    return new NumberSchema({ ...this.jsonSchema, exclusiveMinimum: value });
  }

  /** All allowed values are less than this one. */
  below(value: number): NumberSchema {
    return new NumberSchema({ ...this.jsonSchema, exclusiveMaximum: value });
  }
}
