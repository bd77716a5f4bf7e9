/**
 * Data on disk: the official annotation files, JPEG trees and packed shards, and the order and the
 * crops in which training sees them. docs/file-formats.md specifies every format.
 */
package io.github.affect4j.data;
