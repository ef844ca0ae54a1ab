// Reads where a photo was taken, on the phone: the copy that is sent holds no place any more.
(function () {
  "use strict";
  const GPS = 0x8825;
  const SIGN = [0x45, 0x78, 0x69, 0x66, 0, 0];  // "Exif" and two zeros, before the TIFF block in JPEG and HEIC alike
  const MOST_BYTES = 40000000;
  const BYTES_OF = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8 };

  // Where TIFF blocks may begin: HEIC keeps its Exif anywhere, JPEG within its first segments.
  function starts(bytes) {
    const found = [];
    const jpeg = bytes[0] === 0xff && bytes[1] === 0xd8;
    const end = Math.min(bytes.length - 14, jpeg ? 262144 : MOST_BYTES);
    for (let at = bytes.indexOf(SIGN[0]); at >= 0 && at < end; at = bytes.indexOf(SIGN[0], at + 1)) {
      if (SIGN.every(function (byte, i) { return bytes[at + i] === byte; })) { found.push(at + SIGN.length); }
    }
    return found;
  }

  // Entries of one directory: tag to [type, count, where its values are]; what lies outside the file raises RangeError.
  function directory(view, offset, little) {
    const entries = {};
    const count = view.getUint16(offset, little);
    for (let i = 0; i < count; i += 1) {
      const at = offset + 2 + 12 * i;
      const type = view.getUint16(at + 2, little);
      const number = view.getUint32(at + 4, little);
      const long = (BYTES_OF[type] || 1) * number > 4;
      entries[view.getUint16(at, little)] = [type, number, long ? view.getUint32(at + 8, little) : at + 8];
    }
    return entries;
  }

  function ratios(view, entry, most, little) {
    if (!entry || entry[0] !== 5) { return []; }
    return Array.from({ length: Math.min(entry[1], most) }, function (_, i) {
      return view.getUint32(entry[2] + 8 * i, little) / view.getUint32(entry[2] + 8 * i + 4, little);
    });
  }

  function degrees(view, entries, tag, negative, little) {
    const parts = ratios(view, entries[tag + 1], 3, little);
    if (!entries[tag] || !parts.length) { return NaN; }
    const value = parts[0] + (parts[1] || 0) / 60 + (parts[2] || 0) / 3600;
    return String.fromCharCode(view.getUint8(entries[tag][2])) === negative ? -value : value;
  }

  function read(bytes, start) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + start);
    const little = view.getUint16(0) === 0x4949;
    if ((!little && view.getUint16(0) !== 0x4d4d) || view.getUint16(2, little) !== 42) { return null; }
    const first = directory(view, view.getUint32(4, little), little);
    if (!first[GPS]) { return null; }
    const gps = directory(view, view.getUint32(first[GPS][2], little), little);
    const lat = degrees(view, gps, 1, "S", little);
    const lon = degrees(view, gps, 3, "W", little);
    const error = ratios(view, gps[31], 1, little)[0];
    // a camera that never saw a satellite writes zeros
    if (!(Math.abs(lat) <= 90 && Math.abs(lon) <= 180) || (lat === 0 && lon === 0)) { return null; }
    return { lon: lon, lat: lat, accuracy_m: error >= 0 && error <= 1000 ? Math.max(5, Math.round(error)) : 30 };
  }

  // Longitude, latitude (WGS 84 degrees) and accuracy in metres, or null.
  function placeOf(buffer) {
    const bytes = new Uint8Array(buffer);
    for (const start of starts(bytes)) {
      try {
        const place = read(bytes, start);
        if (place) { return place; }
      } catch (error) {
        if (!(error instanceof RangeError)) { throw error; }  // a block that was cut or lies about itself
      }
    }
    return null;
  }

  window.geoPhotoPlace = placeOf;
})();
