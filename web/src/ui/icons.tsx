/** The few pictograms of the UI, drawn on one grid. They are decoration: the control that holds one is labelled. */
import type { ReactNode } from "react";

function icon(children: ReactNode) {
  return function Icon({ size = 20 }: { size?: number }) {
    return (
      <svg
        width={size}
        height={size}
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.8"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
      >
        {children}
      </svg>
    );
  };
}

const phone = (
  <path d="M6.6 3.8 9 4.4l1.2 3.7-1.9 1.6a12 12 0 0 0 6 6l1.6-1.9 3.7 1.2.6 2.4c.2.9-.3 1.8-1.2 2A3.6 3.6 0 0 1 18 19.5C10.6 19.2 4.8 13.4 4.5 6c0-.4 0-.7.1-1 .2-.9 1.1-1.4 2-1.2Z" />
);
export const PhoneIcon = icon(phone);
export const HangUpIcon = icon(<g transform="rotate(135 12 12)">{phone}</g>);
export const VideoIcon = icon(
  <>
    <rect x="3" y="6" width="12.5" height="12" rx="3" />
    <path d="m15.5 10.5 5.5-3v9l-5.5-3" />
  </>,
);
export const VideoOffIcon = icon(
  <>
    <path d="M9 6h3.5a3 3 0 0 1 3 3v1.5l5.5-3v9l-3-1.6M14 17.6c-.5.3-1 .4-1.5.4H6a3 3 0 0 1-3-3V9c0-1 .5-1.9 1.2-2.4" />
    <path d="m3 3 18 18" />
  </>,
);
export const MicIcon = icon(
  <>
    <rect x="9" y="3" width="6" height="11" rx="3" />
    <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />
  </>,
);
export const MicOffIcon = icon(
  <>
    <path d="M9 9v2a3 3 0 0 0 4.7 2.5M15 10V6a3 3 0 0 0-5.6-1.5M5.5 11.5a6.5 6.5 0 0 0 10 5.5M18.5 11.5c0 .9-.2 1.7-.5 2.5M12 18v3" />
    <path d="m3 3 18 18" />
  </>,
);
export const MessageIcon = icon(
  <path d="M4 6.5A2.5 2.5 0 0 1 6.5 4h11A2.5 2.5 0 0 1 20 6.5v7a2.5 2.5 0 0 1-2.5 2.5H11l-4.5 4v-4A2.5 2.5 0 0 1 4 13.5z" />,
);
export const GearIcon = icon(
  <>
    <path d="M4 7h9M17 7h3M4 17h3M11 17h9" />
    <circle cx="15" cy="7" r="2.2" />
    <circle cx="9" cy="17" r="2.2" />
  </>,
);
export const HomeIcon = icon(<path d="M4 11.5 12 4l8 7.5M6 10v9h4.5v-5h3v5H18v-9" />);
export const ClockIcon = icon(
  <>
    <circle cx="12" cy="12" r="8" />
    <path d="M12 7.5V12l3 2" />
  </>,
);
export const PeopleIcon = icon(
  <>
    <circle cx="9" cy="8.5" r="3.5" />
    <path d="M3 19.5c.4-3.3 2.9-5 6-5s5.6 1.7 6 5M15.5 5.3a3.5 3.5 0 0 1 0 6.4M17.5 14.9c2 .6 3.2 2.2 3.5 4.6" />
  </>,
);
export const SoundIcon = icon(
  <path d="M4 10v4h3.5L12 18V6L7.5 10zM15.5 9a4 4 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11" />,
);
export const StarIcon = icon(<path d="m12 4 2.5 5.1 5.6.8-4 4 .9 5.6-5-2.7-5 2.7.9-5.6-4-4 5.6-.8z" />);
export const CloseIcon = icon(<path d="m6 6 12 12M18 6 6 18" />);
export const WalletIcon = icon(
  <>
    <rect x="3.5" y="6" width="17" height="13" rx="3" />
    <path d="M15.5 12.5h5M3.5 9.5 15 4.2c.7-.3 1.5.2 1.5 1V6" />
  </>,
);
export const ShieldIcon = icon(<path d="M12 3.5 5 6v5.5c0 4.3 2.9 7.5 7 9 4.1-1.5 7-4.7 7-9V6z" />);
export const PulseIcon = icon(<path d="M3 12.5h4l2.5-7 4.5 13 2.5-6H21" />);
