import { InvalidArgumentError } from "commander";

/** Reads "ETH=1,WETH=0.4,USDC=300": whole tokens by symbol. A number alone is so many USDC. */
export function readFunds(text: string): Readonly<Record<string, string>> {
  if (/^\d+(?:\.\d+)?$/.test(text.trim())) return { USDC: text.trim() };
  return Object.fromEntries(
    text.split(",").map((part) => {
      const match = /^([A-Za-z0-9]+)=(\d+(?:\.\d+)?)$/.exec(part.trim());
      if (!match?.[1] || !match[2]) throw new InvalidArgumentError("It is SYMBOL=AMOUNT, separated by commas: ETH=1,USDC=300.");
      return [match[1], match[2]];
    }),
  );
}
