import { styleText } from 'node:util';
import type { Sink } from '../shell.ts';

/** The text in a colour, where the stream takes colours. */
export function paint(style: 'red' | 'green' | 'yellow' | 'cyan' | 'bold' | 'dim', text: string, sink: Sink): string {
  return sink.hasColours ? styleText(style, text, { validateStream: false }) : text;
}
