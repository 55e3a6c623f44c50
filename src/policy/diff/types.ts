/** What one profile allows and another does not. */
import type { Access, Operation, RuleClass, RuleRef } from '../operation.js';

export interface DifferenceItem {
  readonly class: RuleClass;
  /** What is allowed by the one and not by the other, as a person would write it. */
  readonly text: string;
  /**
   * For exec and files: the paths, in the path grammar. Where it holds `*` or `name*`, names that
   * a rule spells out may be meant by an item of their own, or not differ.
   */
  readonly pattern?: string;
  /** Patterns inside `pattern` to which the item does not apply; what differs there has its own item. */
  readonly except?: readonly string[];
  readonly access?: readonly Access[];
  /** One operation that the one allows and the other does not. */
  readonly example: Operation;
  /** The rule that allows the example; absent where the class is no allow-list. */
  readonly rule?: RuleRef;
}
