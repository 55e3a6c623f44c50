/** The pieces that a written profile is made of: YAML nodes with comments. */
import { Document, Scalar, YAMLMap, YAMLSeq, type Node, type ScalarTag } from 'yaml';

const WIDTH = 100;

/** YAML text that is written as it is; `indent` is that of the lines that follow the first. */
class Verbatim {
  readonly yaml: (indent: string) => string;

  constructor(yaml: (indent: string) => string) {
    this.yaml = yaml;
  }
}

/** Plain only where no reader could take it for anything but a string. */
const scalarText = (name: string): string =>
  /^[a-z_][a-z0-9_]*$/.test(name) && !/^(?:true|false|null|yes|no|on|off|y|n)$/.test(name)
    ? name
    : JSON.stringify(name);

const wrap = (names: readonly string[], indent: string): string => {
  const lines: string[] = [];
  let line = '';
  for (const [at, name] of names.entries()) {
    const text = scalarText(name) + (at < names.length - 1 ? ',' : '');
    if (line !== '' && indent.length + line.length + 1 + text.length > WIDTH) {
      lines.push(line);
      line = text;
    } else line = line === '' ? text : `${line} ${text}`;
  }
  lines.push(line);
  return `[\n${lines.map((each) => indent + each).join('\n')}\n${indent.slice(2)}]`;
};

const verbatimTag: ScalarTag = {
  tag: 'tag:yaml.org,2002:str',
  default: true,
  identify: (value) => value instanceof Verbatim,
  resolve: (text) => text,
  stringify: ({ value }, context) =>
    value instanceof Verbatim ? value.yaml(context.indent) : String(value),
};

/** Control characters and what some reader of YAML takes for a line break or drops. */
const UNSAFE = /[\p{Cc}\p{Surrogate}\u2028\u2029\ufeff\ufffe\uffff]/gu;

const escaped = (text: string): string =>
  text.replace(UNSAFE, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** What a YAML comment cannot hold is escaped. */
export const commentText = escaped;

export interface Remarks {
  /** On the line itself. */
  readonly beside?: string | undefined;
  /** On lines of its own above. */
  readonly above?: string | undefined;
}

const commented = (text: string): string =>
  text
    .split('\n')
    .map((line) => (line === '' ? '' : ` ${escaped(line)}`))
    .join('\n');

/** The library leaves empty lines of a comment empty; here they stay comments. */
const commentString = (comment: string): string => comment.replace(/^/gm, '#');

/** YAML text of the nodes, with the lines of `header` as a comment on top. */
export const render = (contents: Node, header: readonly string[]): string => {
  const document = new Document<Node, false>(undefined, { customTags: [verbatimTag] });
  document.contents = contents;
  document.commentBefore = commented(header.join('\n'));
  return document.toString({ lineWidth: 0, flowCollectionPadding: false, commentString });
};

/** Adds comments to a node. */
export const remark = <N extends Node>(node: N, { beside, above }: Remarks): N => {
  if (beside !== undefined && beside !== '') node.comment = commented(beside);
  if (above !== undefined && above !== '') node.commentBefore = commented(above);
  return node;
};

/** A plain scalar where YAML allows one, quoted and escaped where it holds something unsafe. */
export const text = (value: string | number): Scalar => {
  if (typeof value === 'number' || value.search(UNSAFE) < 0) return new Scalar(value);
  const quoted = `"${escaped(value.replace(/["\\]/g, '\\$&'))}"`;
  return new Scalar(new Verbatim(() => quoted));
};

/** Key and value pairs in this order; `undefined` is left out. */
export const map = (
  pairs: Readonly<Record<string, Node | undefined>>,
  style: 'block' | 'flow' = 'block',
): YAMLMap => {
  const node = new YAMLMap();
  node.flow = style === 'flow';
  for (const [key, value] of Object.entries(pairs))
    if (value !== undefined) node.add({ key: new Scalar(key), value });
  return node;
};

export const list = (items: readonly Node[], style: 'block' | 'flow' = 'block'): YAMLSeq => {
  const node = new YAMLSeq();
  node.flow = style === 'flow' || items.length === 0;
  node.items = [...items];
  return node;
};

/** Short lists on one line, long ones wrapped. */
export const names = (values: readonly string[]): Node =>
  values.length === 0 ? list([]) : new Scalar(new Verbatim((indent) => wrap(values, indent)));

/** A comment above a key: such a comment belongs to the key, not to its value. */
export const aboveKey = (node: YAMLMap, key: string, comment: string): void => {
  for (const pair of node.items)
    if (pair.key instanceof Scalar && pair.key.value === key) remark(pair.key, { above: comment });
};
