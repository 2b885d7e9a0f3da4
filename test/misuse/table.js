// @ts-check
/** A valid call of each public function: a row makes its arguments anew, and what it is called on. */
import { core } from './calls/core.js';
import { hosts } from './calls/node.js';
import { rooms } from './calls/rooms.js';

/**
 * @typedef {object} Call
 * @property {unknown[]} args
 * @property {object} [on] of a method: whose
 * @property {boolean} [slow] it starts a thread: a part of the values is enough
 * @property {readonly string[]} [says] words by which messages may call its arguments, beside their names
 *
 * @typedef {() => Call | Promise<Call>} Row
 */

/** By the function's name; several rows are several ways to call it. */
export const table = { ...core, ...rooms, ...hosts };
