// Renders the configs in bench/peers: __name__ becomes the value of that name. Formatters leave it alone.

export type TemplateValues = Readonly<Record<string, string | number>>;

/** Throws when the template has a name without value, so that no config starts half-filled. */
export function renderTemplate(template: string, values: TemplateValues): string {
  return template.replaceAll(/__([a-zA-Z]+)__/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`template has no value for __${name}__`);
    return String(value);
  });
}
