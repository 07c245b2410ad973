// The flags about whose signature a plugin needs.
import { readFile } from "node:fs/promises";
import { detailOf } from "../errors.ts";
import { publicKey } from "../plugins/supply/trusted-keys.ts";
import { UsageError } from "./fault.ts";
import type { OptionSpecs, ParsedOptions } from "./options.ts";

export const KEY_OPTIONS: OptionSpecs = {
  "plugin-key": {
    value: "FILE",
    help: "public key: only modules signed by it, or another given one, are taken; repeatable",
    isRepeatable: true,
  },
};

/** The keys as PEM texts. Throws UsageError. */
export async function pluginKeys(options: ParsedOptions): Promise<readonly string[]> {
  return Promise.all(options.texts("plugin-key").map((file) => readPublicKey("plugin-key", file)));
}

/** Throws UsageError. */
export async function readPublicKey(option: string, file: string): Promise<string> {
  try {
    const pem = await readFile(file, "utf8");
    publicKey(pem);
    return pem;
  } catch (error) {
    throw new UsageError(`--${option} ${file}: ${detailOf(error)}`);
  }
}
