// Where secrets come from. A value is never logged, and no error holds one.
import { secretReference } from "./reference.ts";

/** Looks secrets up. */
export interface SecretVault {
  /** The secret of a reference without braces, such as `vault://env/jwt-key`; undefined when there is none. */
  get(name: string): string | undefined;
}

/** Kong's env vault: `vault://env/jwt-key` is JWT_KEY. A variable that is empty is not there. */
export class EnvironmentVault implements SecretVault {
  readonly #environment: Readonly<Record<string, string | undefined>>;

  constructor(environment: Readonly<Record<string, string | undefined>>) {
    this.#environment = environment;
  }

  get(name: string): string | undefined {
    const reference = secretReference(`{${name}}`);
    if (reference?.kind !== "reference") return undefined;
    return this.#environment[reference.variable] || undefined;
  }
}
