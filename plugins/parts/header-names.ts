// What a config may give as the name of a header.
import { ConfigError, isGatewayHeader, s } from "@sluice/plugin-sdk";

/** RFC 9110 section 5.6.2. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Of any header. */
export const headerName = s.string().pattern(HEADER_NAME);

/** The name of a header that a plugin may change. Throws ConfigError for any other. */
export function changeableName(name: string, path: string): string {
  if (!HEADER_NAME.test(name)) throw new ConfigError(`"${name}" is not a valid header name`, path);
  if (isGatewayHeader(name)) {
    throw new ConfigError(`"${name}" belongs to the gateway, expected another header`, path);
  }
  return name;
}

/** Whether a header can have this value: it cannot hold what would begin another line. */
export function isHeaderValue(text: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(text);
}
