/**
 * Mutants that survive and may: why each changes nothing that a test could, or should, see.
 *
 * A place is the file, the text of the line and the change, so that it stays right when lines move.
 */

/** [file in lib/tcp, text of the line, change as in the report, why] */
export const LOOKED_AT: ReadonlyArray<readonly [string, string, string, string]> = [];
