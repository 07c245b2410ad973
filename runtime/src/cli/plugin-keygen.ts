// sluice plugin keygen
import { generateKeyPairSync } from "node:crypto";
import { access, writeFile } from "node:fs/promises";
import { detailOf } from "../errors.ts";
import type { Command } from "./command.ts";
import { UsageError } from "./fault.ts";

export const pluginKeygenCommand: Command = {
  name: "plugin keygen",
  usage: "sluice plugin keygen -o NAME",
  summary: "Makes a pair of Ed25519 keys: NAME.key, which signs plugins, and NAME.pub.",
  options: {
    out: { value: "NAME", help: "path without .key and .pub", short: "o" },
    help: { help: "shows this", short: "h" },
  },

  async run(options): Promise<number> {
    const name = options.text("out");
    if (name === undefined || options.positionals.length > 0) {
      throw new UsageError("plugin keygen: expected -o NAME");
    }
    const { privateKey, publicKey } = generateKeyPairSync("ed25519", {
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
      publicKeyEncoding: { type: "spki", format: "pem" },
    });
    const files = [`${name}.key`, `${name}.pub`] as const;
    for (const file of files) await refuseExisting(file);
    await write(files[0], privateKey, 0o600);
    await write(files[1], publicKey, 0o644);
    process.stdout.write(
      `${files[0]}: signs plugins, keep it secret\n${files[1]}: for sluice start --plugin-key\n`,
    );
    return 0;
  },
};

/** A key that is overwritten is lost, and with it every signature that it could still make. */
async function refuseExisting(file: string): Promise<void> {
  const exists = await access(file).then(
    () => true,
    () => false,
  );
  if (exists) throw new UsageError(`${file} is there already`, 1);
}

async function write(file: string, pem: string, mode: number): Promise<void> {
  try {
    await writeFile(file, pem, { mode, flag: "wx" });
  } catch (error) {
    throw new UsageError(`cannot write ${file}: ${detailOf(error)}`, 1);
  }
}
