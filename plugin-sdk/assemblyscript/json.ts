// Finds values in JSON text that is known to be well-formed. A place is the index of a value's first character.

/** Place of an object's member, or -1; `at` is the object's place. */
export function memberOf(json: string, at: i32, name: string): i32 {
  if (at < 0 || json.charCodeAt(at) !== 0x7b) return -1;
  let next = skipBlank(json, at + 1);
  while (next < json.length && json.charCodeAt(next) === 0x22) {
    const key = textAt(json, next);
    const value = skipBlank(json, skipBlank(json, skipValue(json, next)) + 1);
    if (key === name) return value;
    next = skipBlank(json, skipValue(json, value));
    if (json.charCodeAt(next) === 0x2c) next = skipBlank(json, next + 1);
  }
  return -1;
}

/** Places of an array's items. */
export function itemsOf(json: string, at: i32): i32[] {
  const places: i32[] = [];
  let next = skipBlank(json, at + 1);
  while (next < json.length && json.charCodeAt(next) !== 0x5d) {
    places.push(next);
    next = skipBlank(json, skipValue(json, next));
    if (json.charCodeAt(next) === 0x2c) next = skipBlank(json, next + 1);
  }
  return places;
}

/** NaN when it is no number. */
export function numberAt(json: string, at: i32): f64 {
  return parseFloat(json.substring(at, skipValue(json, at)));
}

/** The string with its escapes resolved. */
export function textAt(json: string, at: i32): string {
  const end = skipValue(json, at) - 1;
  let text = "";
  let start = at + 1;
  for (let place = start; place < end; place++) {
    if (json.charCodeAt(place) !== 0x5c) continue;
    text += json.substring(start, place);
    const escape = json.charCodeAt(++place);
    if (escape === 0x75) {
      text += String.fromCharCode(<i32>parseInt(json.substring(place + 1, place + 5), 16));
      place += 4;
    } else text += unescaped(escape);
    start = place + 1;
  }
  return start === at + 1 ? json.substring(start, end) : text + json.substring(start, end);
}

function unescaped(escape: i32): string {
  switch (escape) {
    case 0x62:
      return "\b";
    case 0x66:
      return "\f";
    case 0x6e:
      return "\n";
    case 0x72:
      return "\r";
    case 0x74:
      return "\t";
    default:
      return String.fromCharCode(escape);
  }
}

/** The index behind a value. */
function skipValue(json: string, at: i32): i32 {
  let depth = 0;
  for (let place = at; place < json.length; place++) {
    const code = json.charCodeAt(place);
    if (code === 0x22) {
      while (json.charCodeAt(++place) !== 0x22) {
        if (place >= json.length) return json.length;
        if (json.charCodeAt(place) === 0x5c) place++;
      }
      if (depth === 0) return place + 1;
    } else if (code === 0x7b || code === 0x5b) depth++;
    else if (code === 0x7d || code === 0x5d) {
      if (depth === 0) return place;
      if (--depth === 0) return place + 1;
    } else if (depth === 0 && (code === 0x2c || code === 0x3a || code <= 0x20)) return place;
  }
  return json.length;
}

function skipBlank(json: string, at: i32): i32 {
  while (at < json.length && json.charCodeAt(at) <= 0x20) at++;
  return at;
}
