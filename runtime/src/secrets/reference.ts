// Kong's references to secrets: `{vault://env/jwt-key}` is the environment variable JWT_KEY.

/** What a text of the config is: a reference, something that tried to be one, or (undefined) just a text. */
export type SecretReference =
  | {
      readonly kind: "reference";
      /** Without the braces: how plugins and grants name it. */
      readonly name: string;
      /** Of the environment variable. */
      readonly variable: string;
    }
  | { readonly kind: "malformed" };

/** Takes a text in braces apart. */
export function secretReference(text: string): SecretReference | undefined {
  if (!text.startsWith("{vault://") || !text.endsWith("}")) return undefined;
  const variable = /^\{vault:\/\/env\/([A-Za-z_][\w-]*)\}$/.exec(text)?.[1];
  if (variable === undefined) return { kind: "malformed" };
  return {
    kind: "reference",
    name: text.slice(1, -1),
    // Kong's rule for its env vault.
    variable: variable.toUpperCase().replaceAll("-", "_"),
  };
}
