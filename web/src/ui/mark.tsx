/** The shop's sail. */
export function Mark({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" className="mark">
      <path d="M15 4v19H5.500C9.500 17.500 13.500 11 15 4Z" fill="currentColor" />
      <path d="M17 8c4.500 4.500 8 9.500 9.500 15H17Z" className="sail" />
      <path d="M4.500 26h23" stroke="currentColor" strokeWidth="2.200" strokeLinecap="round" />
    </svg>
  );
}
