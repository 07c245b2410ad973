// Changes of the headers of a message.
import { HttpError } from "@sluice/plugin-sdk";
import type { ReadableFields, WritableFields } from "@sluice/plugin-sdk";

import type { Changeable } from "./changes.ts";
import { isHeaderValue } from "./header-names.ts";

/** Throws HttpError 400 for a value that no header can have: a request brought it. */
export function changedHeaders(fields: ReadableFields & WritableFields): Changeable<string> {
  return {
    has: (name) => fields.header(name) !== undefined,
    remove: (name) => fields.removeHeader(name),
    rename: (oldName, newName) => {
      const values = fields.headers(oldName);
      fields.removeHeader(oldName);
      fields.removeHeader(newName);
      for (const value of values) fields.addHeader(newName, value);
    },
    set: (name, value) => fields.setHeader(name, checked(name, value)),
    append: (name, value) => fields.addHeader(name, checked(name, value)),
  };
}

function checked(name: string, value: string): string {
  if (!isHeaderValue(value)) throw new HttpError(400, `The value for ${name} fits no header`);
  return value;
}
