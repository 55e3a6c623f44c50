/** The part of JSONPath that printer columns use: `.a.b` and `[?(@.key=="value")]`. */

const STEP = /\.([A-Za-z_][\w-]*)|\[\?\(@\.([A-Za-z_][\w-]*)==["']([^"']*)["']\)\]/y;

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;

/** First value that the path leads to; undefined where there is none. Throws for any other syntax. */
export const atJsonPath = (object: unknown, path: string): unknown => {
  let value = object;
  let position = 0;
  while (position < path.length) {
    STEP.lastIndex = position;
    const step = STEP.exec(path);
    if (step === null) throw new Error(`JSONPath ${path} is not understood at ${position}`);
    const [text, name, key = '', wanted] = step;
    position += text.length;
    if (name !== undefined) value = fieldOf(value, name);
    else if (Array.isArray(value)) value = value.find((item) => fieldOf(item, key) === wanted);
    else value = undefined;
  }
  return value;
};
