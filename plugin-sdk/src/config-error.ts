// What a plugin throws from `configure` when its config is well-formed but makes no sense.

/**
 * A fault of one plugin entry's config that the schema cannot express. Thrown from `configure`, it stops start-up,
 * is listed by `sluice check`, and leaves the old config in place on a reload.
 */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** Field the fault is in, dotted: `redis.host`. Undefined when it is in several. */
  readonly field: string | undefined;

  /** `message` says what is wrong and what was expected, without the field's name. */
  constructor(message: string, field?: string) {
    super(field === undefined ? message : `${field}: ${message}`);
    this.field = field;
  }
}
