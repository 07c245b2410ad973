// What JavaScript calls to read and change one request. Each is a C function for QuickJS:
// (context, this, argc, argv) -> value. Faults other than "absent" come back as negative numbers.
import {
  field_get,
  field_names,
  field_set,
  fields_fill,
  fields_get,
  fields_set,
  number_get,
  number_set,
  property_get,
  property_set,
  query_get,
  query_set,
  record_append,
  record_get,
  remember,
} from "./host";
import { newArray, toCString } from "./quickjs";
import { LENGTH_A, LENGTH_B, SCRATCH, SCRATCH_SIZE } from "./state";
import { bufferFor, freeText, narrow, secondLength, takeLatin1, takeLatin1Texts, takeUtf8 } from "./text";
import {
  argument,
  boxInt,
  boxNumber,
  EXCEPTION,
  intArgument,
  numberArgument,
  UNDEFINED,
} from "./value";

/** (request, kind, name, index) */
export function fieldGet(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const name = toCString(context, LENGTH_A, argument(argv, 2), false);
  if (name == 0) return EXCEPTION;
  const request = intArgument(argv, 0);
  const kind = intArgument(argv, 1);
  const index = intArgument(argv, 3);
  const nameLength = load<i32>(LENGTH_A);
  let length = field_get(request, kind, name, nameLength, index, SCRATCH, SCRATCH_SIZE);
  const buffer = bufferFor(length);
  if (length > SCRATCH_SIZE && buffer != 0) {
    const again = field_get(request, kind, name, nameLength, index, buffer, length);
    length = secondLength(again, length);
  }
  freeText(context, name);
  return takeLatin1(context, buffer, length);
}

/** (request, kind, name): an array */
export function fieldsGet(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const name = toCString(context, LENGTH_A, argument(argv, 2), false);
  if (name == 0) return EXCEPTION;
  const request = intArgument(argv, 0);
  const kind = intArgument(argv, 1);
  const nameLength = load<i32>(LENGTH_A);
  let length = fields_get(request, kind, name, nameLength, SCRATCH, SCRATCH_SIZE);
  const buffer = bufferFor(length);
  if (length > SCRATCH_SIZE && buffer != 0) {
    length = secondLength(fields_get(request, kind, name, nameLength, buffer, length), length);
  }
  freeText(context, name);
  return takeLatin1Texts(context, buffer, length);
}

/** (request, kind): an array */
export function fieldNames(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const request = intArgument(argv, 0);
  const kind = intArgument(argv, 1);
  let length = field_names(request, kind, SCRATCH, SCRATCH_SIZE);
  const buffer = bufferFor(length);
  if (length > SCRATCH_SIZE && buffer != 0) {
    length = secondLength(field_names(request, kind, buffer, length), length);
  }
  if (length == 0) return newArray(context);
  // Each name is ended by NUL, the last one, too.
  return takeLatin1Texts(context, buffer, length > 0 ? length - 1 : length);
}

/** (request, kind, name, value, mode) */
export function fieldSet(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const name = toCString(context, LENGTH_A, argument(argv, 2), false);
  if (name == 0) return EXCEPTION;
  const nameLength = load<i32>(LENGTH_A);
  const value = toCString(context, LENGTH_B, argument(argv, 3), false);
  let result = EXCEPTION;
  if (value != 0) {
    const length = narrow(value, load<i32>(LENGTH_B));
    result = boxInt(
      length < 0
        ? length
        : field_set(
            intArgument(argv, 0),
            intArgument(argv, 1),
            name,
            nameLength,
            value,
            length,
            intArgument(argv, 4),
          ),
    );
  }
  freeText(context, value);
  freeText(context, name);
  return result;
}

/** (request, kind, fields, count) */
export function fieldsSet(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const fields = toCString(context, LENGTH_A, argument(argv, 2), false);
  if (fields == 0) return EXCEPTION;
  const length = narrow(fields, load<i32>(LENGTH_A));
  const result =
    length < 0
      ? length
      : fields_set(
          intArgument(argv, 0),
          intArgument(argv, 1),
          fields,
          length,
          intArgument(argv, 3),
        );
  freeText(context, fields);
  return boxInt(result);
}

/** (request, kind, fields, count): values have placeholders */
export function fieldsFill(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const fields = toCString(context, LENGTH_A, argument(argv, 2), false);
  if (fields == 0) return EXCEPTION;
  const length = narrow(fields, load<i32>(LENGTH_A));
  const result =
    length < 0
      ? length
      : fields_fill(
          intArgument(argv, 0),
          intArgument(argv, 1),
          fields,
          length,
          intArgument(argv, 3),
        );
  freeText(context, fields);
  return boxInt(result);
}

/** (request, property) */
export function propertyGet(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const request = intArgument(argv, 0);
  const property = intArgument(argv, 1);
  let length = property_get(request, property, SCRATCH, SCRATCH_SIZE);
  const buffer = bufferFor(length);
  if (length > SCRATCH_SIZE && buffer != 0) {
    length = secondLength(property_get(request, property, buffer, length), length);
  }
  return takeUtf8(context, buffer, length);
}

/** (request, property, value) */
export function propertySet(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const value = toCString(context, LENGTH_A, argument(argv, 2), false);
  if (value == 0) return EXCEPTION;
  const length = load<i32>(LENGTH_A);
  const result = property_set(intArgument(argv, 0), intArgument(argv, 1), value, length);
  freeText(context, value);
  return boxInt(result);
}

/** (request, property): undefined instead of NaN */
export function numberGet(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const value = number_get(intArgument(argv, 0), intArgument(argv, 1));
  return isNaN(value) ? UNDEFINED : boxNumber(value);
}

/** (request, property, value) */
export function numberSet(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const value = numberArgument(argv, 2);
  return boxInt(number_set(intArgument(argv, 0), intArgument(argv, 1), value));
}

/** (request, name, index) */
export function queryGet(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const name = toCString(context, LENGTH_A, argument(argv, 1), false);
  if (name == 0) return EXCEPTION;
  const request = intArgument(argv, 0);
  const index = intArgument(argv, 2);
  const nameLength = load<i32>(LENGTH_A);
  let length = query_get(request, name, nameLength, index, SCRATCH, SCRATCH_SIZE);
  const buffer = bufferFor(length);
  if (length > SCRATCH_SIZE && buffer != 0) {
    const again = query_get(request, name, nameLength, index, buffer, length);
    length = secondLength(again, length);
  }
  freeText(context, name);
  return takeUtf8(context, buffer, length);
}

/** (request, name, value, mode) */
export function querySet(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const name = toCString(context, LENGTH_A, argument(argv, 1), false);
  if (name == 0) return EXCEPTION;
  const nameLength = load<i32>(LENGTH_A);
  const value = toCString(context, LENGTH_B, argument(argv, 2), false);
  let result = EXCEPTION;
  if (value != 0) {
    const length = load<i32>(LENGTH_B);
    const mode = intArgument(argv, 3);
    result = boxInt(query_set(intArgument(argv, 0), name, nameLength, value, length, mode));
  }
  freeText(context, value);
  freeText(context, name);
  return result;
}

/** (request) */
export function recordGet(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const request = intArgument(argv, 0);
  let length = record_get(request, SCRATCH, SCRATCH_SIZE);
  const buffer = bufferFor(length);
  if (length > SCRATCH_SIZE && buffer != 0) {
    length = secondLength(record_get(request, buffer, length), length);
  }
  return takeUtf8(context, buffer, length);
}

/** (request, path, reopen) */
export function recordAppend(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const path = toCString(context, LENGTH_A, argument(argv, 1), false);
  if (path == 0) return EXCEPTION;
  const length = load<i32>(LENGTH_A);
  const result = record_append(intArgument(argv, 0), path, length, intArgument(argv, 2));
  freeText(context, path);
  return boxInt(result);
}

/** (request, untilMs) */
export function rememberCall(context: usize, self: u64, argc: i32, argv: usize): u64 {
  return boxInt(remember(intArgument(argv, 0), numberArgument(argv, 1)));
}
