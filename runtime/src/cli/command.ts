// What every command of the command line is made of.
import type { OptionSpecs, ParsedOptions } from "./options.ts";

export interface Command {
  /** As typed: `plugin build`. */
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  readonly options: OptionSpecs;
  /** Returns the exit code; a server that keeps running returns nothing. */
  run(options: ParsedOptions): Promise<number | undefined>;
}
