// What a program that embeds the gateway imports.
export { ConfigRefused } from "./assemble.ts";
export { createGateway } from "./create-gateway.ts";
export type { CreateGatewayOptions, GatewayApp } from "./create-gateway.ts";
