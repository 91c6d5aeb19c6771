/** Line icons on a 24-pixel grid, drawn for this shop. They are decoration: the words beside them say what is meant. */
const PATHS = {
  alert:
    'M12 8v5m0 3v.01M10.300 4.300 2.500 18a2 2 0 0 0 1.700 3h15.600a2 2 0 0 0 1.700-3L13.700 4.300a2 2 0 0 0-3.400 0Z',
  arrow: 'M5 12h14m-6-6 6 6-6 6',
  back: 'M19 12H5m6 6-6-6 6-6',
  bell: 'M6 9a6 6 0 1 1 12 0c0 6 2 7 2 7H4s2-1 2-7m4 11a2 2 0 0 0 4 0',
  box: 'm12 3 8 4.500v9L12 21l-8-4.500v-9L12 3Zm0 9 8-4.500M12 12v9m0-9L4 7.500',
  card: 'M3 7a2 2 0 0 1 2-2h14a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V7Zm0 3h18M7 15h3',
  cart: 'M3 4h2l2.200 11h10.300L20 7H6m2 12.500v.01m9-.01v.01',
  chart: 'M4 20V4m0 16h16M8 16v-4m4 4V8m4 8v-6',
  check: 'm5 12.500 4.500 4.500L19 7',
  chevron: 'm9 6 6 6-6 6',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Zm0-14v5l3.500 2',
  close: 'm6 6 12 12M18 6 6 18',
  copy: 'M9 9h11v11H9V9ZM5 15H4V4h11v1',
  down: 'm6 9 6 6 6-6',
  dots: 'M6 12v.01M12 12v.01M18 12v.01',
  download: 'M12 4v11m-4.500-4L12 15l4.500-4M5 20h14',
  edit: 'M4 20h4L19 9l-4-4L4 16v4Z',
  external: 'M14 4h6v6m0-6-9 9M18 14v6H4V6h6',
  filter: 'M4 6h16M7 12h10m-7 6h4',
  gear: 'M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6Zm0-12v3m0 12v3m9-9h-3M6 12H3m15.400-6.400-2.200 2.200M7.800 16.200l-2.200 2.200m12.800 0-2.200-2.200M7.800 7.800 5.600 5.600',
  grid: 'M4 4h7v7H4V4Zm9 0h7v7h-7V4Zm-9 9h7v7H4v-7Zm9 0h7v7h-7v-7Z',
  grip: 'M9 6v.01M15 6v.01M9 12v.01M15 12v.01M9 18v.01M15 18v.01',
  heart: 'M12 20s-8-4.700-8-10.500A4.500 4.500 0 0 1 12 7a4.500 4.500 0 0 1 8 2.500C20 15.300 12 20 12 20Z',
  home: 'm3 11 9-7 9 7M6 9.500V20h12V9.500',
  image: 'M4 5h16v14H4V5Zm0 11 5-5 4 4 2-2 5 5M15.500 9v.01',
  info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Zm0-9.500V16m0-8v.01',
  layers: 'm12 3 9 5-9 5-9-5 9-5Zm-9 9.500 9 5 9-5',
  link: 'M10 14a4 4 0 0 0 6 .500l3-3a4 4 0 0 0-6-5.500l-1 1m2 3a4 4 0 0 0-6-.500l-3 3a4 4 0 0 0 6 5.500l1-1',
  logout: 'M15 4h4v16h-4m-5-12-4 4 4 4m-4-4h9',
  mail: 'M3 6h18v12H3V6Zm0 1 9 6 9-6',
  menu: 'M4 7h16M4 12h16M4 17h16',
  minus: 'M6 12h12',
  moon: 'M20 14.500A8.500 8.500 0 0 1 9.500 4 8.500 8.500 0 1 0 20 14.500Z',
  pin: 'M12 21s-7-6-7-11.500a7 7 0 0 1 14 0C19 15 12 21 12 21Zm0-9a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5Z',
  plus: 'M12 6v12M6 12h12',
  refund: 'M4 9h11a5 5 0 0 1 0 10h-4M4 9l4-4M4 9l4 4',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14Zm5-2 4.500 4.500',
  sun: 'M12 16.500a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9ZM12 2v2m0 16v2m10-10h-2M4 12H2m17-7-1.400 1.400M6.400 17.600 5 19m14 0-1.400-1.400M6.400 6.400 5 5',
  tag: 'M4 4h8l8.500 8.500-8 8L4 12V4Zm4 4v.01',
  trash: 'M5 7h14M10 7V4h4v3m-7 0 1 13h8l1-13m-7 4v5m4-5v5',
  truck: 'M3 6h11v10H3V6Zm11 4h4l3 3v3h-7v-6ZM7 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4Zm10 0a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z',
  upload: 'M12 16V5m-4.500 4L12 5l4.500 4M5 20h14',
  user: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-8 9c.500-4 4-6 8-6s7.500 2 8 6',
  users:
    'M9 12a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7Zm-6.500 8c.400-3.300 3-5 6.500-5s6.100 1.700 6.500 5M16 5.500a3.500 3.500 0 0 1 0 6.500m2 3.500c2 .600 3.200 2 3.500 4.500',
} as const;
export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path
        d={PATHS[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.7"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
