/** Whoever comes waits until so many are there; who comes later finds them there. */
export function meeting(count: number): () => Promise<void> {
  let missing = count;
  let begin: () => void;
  const complete = new Promise<void>((resolve) => (begin = resolve));
  return () => {
    missing -= 1;
    if (missing === 0) begin();
    return complete;
  };
}
