// A route's encoded_characters: Traefik's encodedCharacters, in Kong's spelling.
import { z } from "zod";
import type { EncodedCharacters } from "../model.ts";
import { DEFAULT_ENCODED_CHARACTERS as DEFAULTS } from "../../routing/path-policy.ts";

export interface EncodedCharactersFields {
  readonly allow_encoded_slash: boolean;
  readonly allow_encoded_back_slash: boolean;
  readonly allow_encoded_semicolon: boolean;
  readonly allow_encoded_percent: boolean;
  readonly allow_encoded_question_mark: boolean;
  readonly allow_encoded_hash: boolean;
}

export const encodedCharactersSchema: z.ZodType<EncodedCharactersFields> = z.strictObject({
  allow_encoded_slash: z.boolean().default(DEFAULTS.allowEncodedSlash),
  allow_encoded_back_slash: z.boolean().default(DEFAULTS.allowEncodedBackSlash),
  allow_encoded_semicolon: z.boolean().default(DEFAULTS.allowEncodedSemicolon),
  allow_encoded_percent: z.boolean().default(DEFAULTS.allowEncodedPercent),
  allow_encoded_question_mark: z.boolean().default(DEFAULTS.allowEncodedQuestionMark),
  allow_encoded_hash: z.boolean().default(DEFAULTS.allowEncodedHash),
  // Nobody means it: it is there to say so.
  allow_encoded_null_character: z
    .literal(false, { error: "expected false: an escaped NUL is always refused" })
    .optional(),
});

export function encodedCharacters(fields: EncodedCharactersFields): EncodedCharacters {
  return {
    allowEncodedSlash: fields.allow_encoded_slash,
    allowEncodedBackSlash: fields.allow_encoded_back_slash,
    allowEncodedSemicolon: fields.allow_encoded_semicolon,
    allowEncodedPercent: fields.allow_encoded_percent,
    allowEncodedQuestionMark: fields.allow_encoded_question_mark,
    allowEncodedHash: fields.allow_encoded_hash,
  };
}
