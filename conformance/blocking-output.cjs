// Loaded with --require into every process of `node --test`: a test file's process tells its results through a
// pipe, and --test-force-exit ends it while some of them still wait in memory whenever the reader is busy. What
// is lost is lost silently: the file then counts as passed without a test. Blocking writes cannot be lost.
"use strict";
process.stdout._handle?.setBlocking?.(true);
