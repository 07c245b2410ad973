// The ABI's numbers, as ../src/abi.ts has them.

export const ABI_VERSION: i32 = 1;

/** What a phase returns. */
export enum Verdict {
  Continue = 0,
  Respond = 1,
  /** The phase goes on in `sluice_resume` and ends with `settle`. */
  Pending = 2,
  Failed = -1,
}

/** Negative results of what changes something; 0 is success. */
export enum Fault {
  Absent = -1,
  BadHandle = -2,
  WrongPhase = -3,
  BadValue = -4,
  Denied = -5,
  Limit = -6,
  Unavailable = -7,
}

export enum FieldKind {
  Request = 0,
  Response = 1,
}

export enum SetMode {
  Replace = 0,
  Add = 1,
  Remove = 2,
}

export enum Property {
  Method = 1,
  Path = 2,
  Query = 3,
  Scheme = 4,
  Host = 5,
  HttpVersion = 6,
  ClientAddress = 7,
  RequestId = 8,
  RouteId = 9,
  RouteName = 10,
  ServiceId = 11,
  ServiceName = 12,
  ConsumerId = 13,
  ConsumerUsername = 14,
  ConsumerCustomId = 15,
  CredentialId = 16,
  ServerAddress = 17,
  Upstream = 18,
  Target = 19,
  UriCaptures = 20,
  ClientCertificate = 21,
  StatedOrigin = 22,
}

export enum ContentCoding {
  Gzip = 1,
  Deflate = 2,
  Br = 3,
}

export enum NumberProperty {
  Status = 1,
  ClientPort = 2,
  ServerPort = 3,
  StartedAtMs = 4,
  ConnectionId = 5,
  ConnectionRequests = 6,
  WorkerPid = 7,
  RequestBytes = 8,
  ResponseBytes = 9,
  RequestMs = 10,
  UpstreamMs = 11,
  GatewayMs = 12,
  AnsweredBy = 13,
}

export enum LogLevel {
  Debug = 0,
  Info = 1,
  Warn = 2,
  Error = 3,
}

export enum HashAlgorithm {
  Sha256 = 1,
  Sha384 = 2,
  Sha512 = 3,
  Sha1 = 4,
  Md5 = 5,
}
