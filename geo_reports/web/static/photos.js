// Photos of the form: chosen from gallery or camera, made small on the phone, shown, and taken out again.
(function () {
  "use strict";
  const client = window.geoClient;
  const LONGEST_PX = 1600;
  const QUALITY = 0.8;
  const THUMB_PX = 96;

  // Some browsers answer with noise where a page reads back what it drew, so that nobody is told by it.
  function honest() {
    const canvas = client.element("canvas", { width: 1, height: 1 });
    const pen = canvas.getContext("2d");
    pen.fillStyle = "rgb(18, 52, 86)";
    pen.fillRect(0, 0, 1, 1);
    const seen = pen.getImageData(0, 0, 1, 1).data;
    return [18, 52, 86].every(function (value, i) { return Math.abs(seen[i] - value) < 8; });
  }

  function drawn(picture, longest) {
    const scale = Math.min(1, longest / Math.max(picture.width, picture.height));
    const size = { width: Math.max(1, Math.round(picture.width * scale)), height: Math.max(1, Math.round(picture.height * scale)) };
    const canvas = client.element("canvas", size);
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fff";  // what is clear in a PNG would be black in a JPEG
    pen.fillRect(0, 0, size.width, size.height);
    pen.drawImage(picture, 0, 0, size.width, size.height);
    return canvas;
  }

  // A smaller copy without anything the camera wrote; what this browser cannot read goes as it is.
  async function smaller(file) {
    let picture;
    try {
      picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    } catch (error) {  // HEIC, or no picture at all: the service can tell
      return { file: file, thumb: null };
    }
    const thumb = drawn(picture, THUMB_PX);
    const canvas = drawn(picture, LONGEST_PX);
    picture.close();
    if (!honest()) { return { file: file, thumb: thumb }; }
    const copy = await new Promise(function (resolve) { canvas.toBlob(resolve, "image/jpeg", QUALITY); });
    return { file: copy || file, thumb: thumb };
  }

  async function thumbOf(photo) {
    try {
      const picture = await createImageBitmap(new Blob([photo.bytes], { type: photo.type }));
      const thumb = drawn(picture, THUMB_PX);
      picture.close();
      return thumb;
    } catch (error) {  // as above
      return null;
    }
  }

  // Puts the list below the form's file field. `photos` are those of the draft; told: onplace, onchange.
  function setUp(input, photos, told) {
    const list = client.element("ul", { class: "photos" });
    const says = client.element("p", { class: "help", role: "status", "data-photos-say": "" });
    const bar = client.element("progress", { "aria-label": client.say("preparing_photos") });
    let work = Promise.resolve();
    // the field itself is emptied after each choice and would go on saying that nothing was chosen
    const button = client.element("label", { class: "button secondary photo-button", for: input.id }, client.say("add_photos"));
    bar.hidden = true;
    input.classList.add("visually-hidden");
    input.after(button, bar, says, list);

    function row(photo, number) {
      const item = client.element("li");
      const name = client.say("photo", { n: number + 1 });
      if (photo.thumb) {
        photo.thumb.setAttribute("role", "img");
        photo.thumb.setAttribute("aria-label", name);
        item.append(photo.thumb);
      } else {
        item.append(client.element("span", { class: "no-thumb" }, name));
      }
      const button = client.element("button", { type: "button", class: "plain", "aria-label": client.say("remove_photo", { n: number + 1 }) }, client.say("remove"));
      button.addEventListener("click", function () { remove(photo); });
      item.append(button);
      return item;
    }

    function show() { list.replaceChildren.apply(list, photos.map(row)); }

    function remove(photo) {
      photos.splice(photos.indexOf(photo), 1);
      show();
      says.textContent = client.say("photo_removed");
      input.focus();
      told.onchange([]);
    }

    async function add(files) {
      const room = Math.max(0, client.given.most_photos - photos.length);
      const taken = files.slice(0, room);
      bar.max = taken.length;
      bar.hidden = false;
      for (const [number, file] of taken.entries()) {
        bar.value = number;
        says.textContent = client.say("preparing", { n: number + 1, all: taken.length });
        const place = window.geoPhotoPlace(await file.arrayBuffer());
        const made = await smaller(file);
        const name = made.file === file ? file.name : file.name.replace(/\.\w+$/, "") + ".jpg";
        const photo = { id: self.geoDrafts.random(), bytes: await made.file.arrayBuffer(), type: made.file.type, name: name, thumb: made.thumb };
        photos.push(photo);
        show();
        told.onchange([photo]);
        if (place) { told.onplace(place); }
      }
      bar.hidden = true;
      says.textContent = files.length > room ? client.say("too_many_photos") : client.say("photos_ready", { n: photos.length });
    }

    input.addEventListener("change", function () {
      const files = Array.from(input.files);
      input.value = "";  // the list below is what is sent
      if (!files.length) { return; }
      work = work.then(function () { return add(files); }).catch(function (error) {
        bar.hidden = true;
        says.textContent = client.say("photo_failed");
        console.warn(error);
      });
    });
    show();
    return { ready: function () { return work; }, show: show };
  }

  window.geoPhotos = { setUp: setUp, thumbOf: thumbOf };
})();
