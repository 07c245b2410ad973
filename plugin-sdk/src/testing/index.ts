// What a plugin's unit tests import: `@sluice/plugin-sdk/testing`.
export type { ConsumerInit, CredentialInit } from "./fake-consumers.ts";
export { FakeExchange } from "./fake-exchange.ts";
export type { ConfiguredPlugin } from "./fake-exchange.ts";
export { FakeGateway } from "./fake-gateway.ts";
export type { FakeGatewayOptions } from "./fake-gateway.ts";
export type { FieldsInit } from "./fake-fields.ts";
export { FakeStore } from "./fake-store.ts";
export type { FakeRequestInit } from "./fake-request.ts";
export { fillDefaults } from "./fill-defaults.ts";
