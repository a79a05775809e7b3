/** Where something else has loaded modules as such, TypeScript goes the way of `require` still. */
export function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  return { format: 'commonjs', shortCircuit: true };
}
