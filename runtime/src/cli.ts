#!/usr/bin/env -S node --conditions=sluice-source
// The command `sluice`, from a checkout.
import "../bin/sluice.js";
