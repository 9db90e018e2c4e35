import { z } from "zod";

/** A function as users name one: "router.exactInputSingle". What it names is held against the book by {@link checkApprovals}. */
export const functionName = z
  .string({ error: "a function, for example router.exactInputSingle" })
  .regex(/^[A-Za-z][\w-]{0,40}\.[A-Za-z]\w{0,60}$/, { error: "not a label and a function, for example router.exactInputSingle" });
