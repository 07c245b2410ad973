// Kong's json_types: what a value's text stands for.
import { ConfigError } from "@sluice/plugin-sdk";

export const JSON_TYPES = ["boolean", "number", "string"] as const;
export type JsonType = (typeof JSON_TYPES)[number];

/** Without a type it is text. Throws ConfigError for what is no number. */
export function castValue(
  text: string,
  type: JsonType | undefined,
  path: string,
): string | number | boolean {
  switch (type) {
    case undefined:
    case "string":
      return text;
    case "boolean":
      return text === "true";
    case "number": {
      const value = Number(text);
      if (text.trim() !== "" && Number.isFinite(value)) return value;
      throw new ConfigError(`"${text}" is no number, which json_types says`, path);
    }
  }
}
