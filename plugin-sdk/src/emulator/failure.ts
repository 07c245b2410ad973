// What a test gets to see when the plugin failed.

const EMULATOR_FRAME = /[/\\]emulator[/\\]/;

/** The plugin threw, trapped, used up its time, or did what the ABI does not allow. */
export class PluginFailure extends Error {
  override readonly name = "PluginFailure";
  /** `access`, `configure` and so on. */
  readonly phase: string;

  /** `text`: the error of the plugin and, in further lines, its stack with the author's positions. */
  constructor(phase: string, text: string) {
    const [message = "", ...frames] = text.split("\n");
    super(message);
    this.phase = phase;
    const own = (this.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
    const asked = own.filter((line) => !EMULATOR_FRAME.test(line));
    this.stack = [`${this.name} in ${phase}: ${message}`, ...frames, ...asked].join("\n");
  }
}
