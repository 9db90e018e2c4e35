import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What takes minutes of a run: short files, so that nothing else tells that they are long. */
export const LONGEST = [/\/attack\/sequences-\d\.test\.ts$/];

/**
 * The longest files first, so that no worker ends long after the other. How long a file took is known of a run before;
 * where there was none, a file's size stands for it, and {@link LONGEST} for what its size does not tell.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLongest = ({ moduleId }: TestSpecification) => LONGEST.some((one) => one.test(moduleId));
    return [...sorted.filter(isLongest), ...sorted.filter((file) => !isLongest(file))];
  }
}
