// The client, its connection, and the entities that the request was matched to.
import { NumberProperty, Property } from "../abi.ts";
import type { Client, Connection, Entity } from "../context.ts";
import { numberGet } from "./native.ts";
import { optionalProperty, property } from "./request.ts";

export abstract class HostClient implements Client {
  declare readonly requestHandle: number;

  get address(): string {
    return property(this.requestHandle, CLIENT_ADDRESS);
  }

  get port(): number {
    return numberGet(this.requestHandle, NumberProperty.clientPort) ?? 0;
  }

  get certificate(): string | undefined {
    return optionalProperty(this.requestHandle, Property.clientCertificate);
  }

  get statedOrigin(): string | undefined {
    return optionalProperty(this.requestHandle, Property.statedOrigin);
  }
}

const CLIENT_ADDRESS = Property.clientAddress;

export abstract class HostConnection implements Connection {
  declare readonly requestHandle: number;

  get id(): number {
    return numberGet(this.requestHandle, NumberProperty.connectionId) ?? 0;
  }

  get requests(): number {
    return numberGet(this.requestHandle, NumberProperty.connectionRequests) ?? 0;
  }

  get serverAddress(): string {
    return property(this.requestHandle, Property.serverAddress);
  }

  get serverPort(): number {
    return numberGet(this.requestHandle, NumberProperty.serverPort) ?? 0;
  }

  get workerPid(): number {
    return numberGet(this.requestHandle, NumberProperty.workerPid) ?? 0;
  }
}

/** A route or a service; its name is read when it is asked for. */
class HostEntity implements Entity {
  declare readonly id: string;
  declare private readonly requestHandle: number;
  declare private readonly nameProperty: number;

  constructor(requestHandle: number, id: string, nameProperty: number) {
    this.requestHandle = requestHandle;
    this.id = id;
    this.nameProperty = nameProperty;
  }

  get name(): string | undefined {
    return optionalProperty(this.requestHandle, this.nameProperty);
  }
}

export function routeOf(request: number): Entity | undefined {
  return entity(request, Property.routeId, Property.routeName);
}

export function serviceOf(request: number): Entity | undefined {
  return entity(request, Property.serviceId, Property.serviceName);
}

function entity(request: number, idProperty: number, nameProperty: number): Entity | undefined {
  const id = optionalProperty(request, idProperty);
  return id === undefined ? undefined : new HostEntity(request, id, nameProperty);
}
