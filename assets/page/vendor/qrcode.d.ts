// Stands in for qrcode.js in the type check of our scripts (.ci); the page does not load it.
export function qrcode(typeNumber: number, errorCorrection: string): any;
