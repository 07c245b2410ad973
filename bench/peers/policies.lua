-- key-auth, rate-limiting, correlation-id and file-log as a careful Lua author writes them for nginx:
-- one access phase, locals, FFI for the identifier, a shared dictionary for the counter, buffered log writes.
local bit = require "bit"
local cjson = require "cjson"
local ffi = require "ffi"

local band, bor = bit.band, bit.bor
local floor, ceil, max = math.floor, math.ceil, math.max
local sub = string.sub
local ngx = ngx
local req = ngx.req

ffi.cdef("int RAND_bytes(unsigned char *buf, int num);")

local WINDOW_SECONDS = 60

local policies = {}
local credentials = {}
local limit
local counters
local log_file
local upstream_port
local entities_text

-- These parts of the record never change, so they are encoded once.
local function encode_entities(settings)
  local service = {
    id = settings.service_id,
    name = "bench",
    protocol = "http",
    host = "127.0.0.1",
    port = settings.upstream_port,
    retries = 5,
    connect_timeout = 60000,
    write_timeout = 60000,
    read_timeout = 60000,
  }
  local route = {
    id = settings.route_id,
    name = "all",
    paths = { "/" },
    strip_path = true,
    preserve_host = false,
    regex_priority = 0,
    service = { id = settings.service_id },
  }
  return ',"route":' .. cjson.encode(route) .. ',"service":' .. cjson.encode(service) .. "}\n"
end

function policies.configure(settings)
  local consumer = { id = settings.consumer_id, username = settings.username }
  credentials[settings.key] = {
    id = settings.credential_id,
    consumer = consumer,
    record_text = ',"consumer":' .. cjson.encode(consumer)
      .. ',"authenticated_entity":{"id":"' .. settings.credential_id .. '"}',
  }
  limit = settings.limit_per_minute
  counters = ngx.shared.rate_limiting
  upstream_port = settings.upstream_port
  entities_text = encode_entities(settings)
  log_file = assert(io.open(settings.log_path, "a"))
  log_file:setvbuf("full", 65536)
end

function policies.flush_regularly()
  ngx.timer.every(0.5, function() log_file:flush() end)
end

local random = ffi.new("unsigned char[16]")
local text = ffi.new("unsigned char[36]")
local hex = ffi.new("unsigned char[16]")
ffi.copy(hex, "0123456789abcdef", 16)

-- RFC 9562 section 5.4, version 4.
local function uuid()
  ffi.C.RAND_bytes(random, 16)
  random[6] = bor(band(random[6], 0x0f), 0x40)
  random[8] = bor(band(random[8], 0x3f), 0x80)
  local at = 0
  for i = 0, 15 do
    if i == 4 or i == 6 or i == 8 or i == 10 then
      text[at] = 45
      at = at + 1
    end
    text[at] = hex[bit.rshift(random[i], 4)]
    text[at + 1] = hex[band(random[i], 15)]
    at = at + 2
  end
  return ffi.string(text, 36)
end

local function answer(status, message)
  ngx.status = status
  ngx.header["Content-Type"] = "application/json"
  ngx.print('{"message":"' .. message .. '"}')
  return ngx.exit(status)
end

local function authenticate()
  local key = ngx.var.http_apikey
  local credential = key and credentials[key]
  if not credential then return nil end
  local consumer = credential.consumer
  req.set_header("X-Consumer-ID", consumer.id)
  req.set_header("X-Consumer-Username", consumer.username)
  req.set_header("X-Credential-Identifier", credential.id)
  -- A client must not pass for another consumer by sending these itself.
  req.clear_header("X-Consumer-Custom-ID")
  req.clear_header("X-Anonymous-Consumer")
  return credential
end

local function is_within_limit(consumer)
  local now = ngx.now()
  local window = floor(now / WINDOW_SECONDS) * WINDOW_SECONDS
  local used = counters:incr(consumer.id .. ":" .. window, 1, 0, 2 * WINDOW_SECONDS)
  local remaining = max(0, limit - used)
  local reset = max(1, ceil(window + WINDOW_SECONDS - now))
  local header = ngx.header
  header["X-RateLimit-Limit-Minute"] = limit
  header["X-RateLimit-Remaining-Minute"] = remaining
  header["RateLimit-Limit"] = limit
  header["RateLimit-Remaining"] = remaining
  header["RateLimit-Reset"] = reset
  if used <= limit then return true end
  header["Retry-After"] = reset
  return false
end

local ORIGIN = "https://app.example.com"

-- One origin that may read answers, with credentials.
function policies.cors()
  local origin = ngx.var.http_origin
  local header = ngx.header
  header["Vary"] = "Origin"
  if origin ~= ORIGIN then return end
  header["Access-Control-Allow-Origin"] = origin
  header["Access-Control-Allow-Credentials"] = "true"
  header["Access-Control-Expose-Headers"] = "X-Request-Id"
  if req.get_method() == "OPTIONS" and ngx.var.http_access_control_request_method then
    header["Access-Control-Allow-Methods"] = "GET,POST"
    ngx.exit(200)
  end
end

function policies.access()
  local credential = authenticate()
  if not credential then
    ngx.header["WWW-Authenticate"] = "Key"
    return answer(401, "No API key found in request")
  end
  if not is_within_limit(credential.consumer) then
    return answer(429, "API rate limit exceeded")
  end
  local id = ngx.var.http_kong_request_id
  if not id then
    id = uuid()
    req.set_header("Kong-Request-ID", id)
  end
  ngx.header["Kong-Request-ID"] = id
  local ctx = ngx.ctx
  ctx.credential = credential
  ctx.id = id
end

local function milliseconds(seconds)
  return floor((tonumber(seconds) or 0) * 1000)
end

-- Kong's log record: the fields that its serializer gives for a plain HTTP request.
function policies.log()
  local var, ctx = ngx.var, ngx.ctx
  local credential = ctx.credential
  local request_headers = req.get_headers()
  if request_headers.apikey then request_headers.apikey = "REDACTED" end
  local uri = var.request_uri
  local request_ms = milliseconds(var.request_time)
  local response_ms = milliseconds(var.upstream_response_time)
  local header_ms = milliseconds(var.upstream_header_time)
  local started_at = floor(req.start_time() * 1000)
  local status = var.upstream_status
  local record = cjson.encode({
    request = {
      id = ctx.id,
      method = req.get_method(),
      uri = uri,
      url = var.scheme .. "://" .. var.host .. ":" .. var.server_port .. uri,
      querystring = req.get_uri_args(),
      headers = request_headers,
      size = tonumber(var.request_length),
    },
    upstream_uri = uri,
    upstream_status = status,
    response = {
      status = ngx.status,
      headers = ngx.resp.get_headers(),
      size = tonumber(var.bytes_sent),
    },
    latencies = {
      request = request_ms,
      proxy = header_ms,
      kong = max(0, request_ms - response_ms),
      receive = max(0, response_ms - header_ms),
    },
    tries = { { ip = "127.0.0.1", port = upstream_port, balancer_start = started_at } },
    client_ip = var.remote_addr,
    started_at = started_at,
    source = status and "upstream" or "exit",
    workspace = "default",
  })
  local consumer_text = credential and credential.record_text or ""
  -- Without its closing brace, so that the ready parts follow.
  log_file:write(sub(record, 1, -2), consumer_text, entities_text)
end

return policies
