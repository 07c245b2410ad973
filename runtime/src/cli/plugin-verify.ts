// sluice plugin verify
import { readFile } from "node:fs/promises";
import { detailOf } from "../errors.ts";
import { TrustedKeys, sha256Of } from "../plugins/supply/trusted-keys.ts";
import type { Command } from "./command.ts";
import { UsageError } from "./fault.ts";
import { readPublicKey } from "./key-options.ts";
import { readModule } from "./plugin-sign.ts";

export const pluginVerifyCommand: Command = {
  name: "plugin verify",
  usage: "sluice plugin verify --key NAME.pub FILE.wasm",
  summary: "Checks a plugin's signature. Exit code 0 when it is good, 1 when not.",
  options: {
    key: { value: "FILE", help: "public key that must have signed it" },
    signature: { value: "BASE64", help: "the signature; that of FILE.wasm.sig by default" },
    help: { help: "shows this", short: "h" },
  },

  async run(options): Promise<number> {
    const [file, ...rest] = options.positionals;
    const keyFile = options.text("key");
    if (file === undefined || keyFile === undefined || rest.length > 0) {
      throw new UsageError("plugin verify: expected --key FILE and one FILE.wasm");
    }
    const keys = new TrustedKeys([await readPublicKey("key", keyFile)]);
    const bytes = await readModule(file);
    const signature = options.text("signature") ?? (await readSignature(`${file}.sig`));
    const refusal = keys.refusal(bytes, signature.trim());
    if (refusal !== undefined) {
      process.stderr.write(`${file}: not signed by ${keyFile}\n`);
      return 1;
    }
    process.stdout.write(`${file}: signed by ${keyFile}, sha256 ${sha256Of(bytes)}\n`);
    return 0;
  },
};

async function readSignature(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${detailOf(error)}`, 1);
  }
}
