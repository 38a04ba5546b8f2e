// Everything the page says, in English and Korean; ${} are filled by the second argument of `say`.
// A digit d with its Korean particle is ${d|이/가}: 영, 일, 삼, 육, 칠, 팔 end with a consonant.

const MOST_TIMES = 1e12; // beyond it "more than" is enough

const WORDS = {
  shown: ["Net shown", "보고 있는 신경망"],
  language: ["Language", "언어"],
  large: ["Large", "크게"],
  desk: ["Drawing and prediction", "그리기와 예측"],
  pad: [
    "Pad: draw a digit. With the keyboard: arrow keys move the pen, Space puts it down or lifts it",
    "그림판: 숫자를 그리세요. 키보드로는 화살표로 펜을 움직이고 스페이스로 대거나 뗍니다",
  ],
  invitation: ["Draw a digit here\n(or by arrow keys and Space)", "여기에 숫자를 그려 보세요\n(화살표와 스페이스로도 됩니다)"],
  pens: ["Pen", "펜"],
  fine: ["fine", "가는 펜"],
  medium: ["medium", "중간 펜"],
  thick: ["thick", "굵은 펜"],
  undo: ["Undo", "되돌리기"],
  clear: ["Clear", "지우기"],
  save: ["Save PNG", "PNG 저장"],
  seen: ["what the net sees", "신경망이 보는 것"],
  raw: ["don't centre and scale", "중앙·크기 맞춤 끄기"],
  rawNote: [
    "Now the pad is only made small: draw off centre and watch the prediction fall.",
    "이제 그림을 줄이기만 합니다. 구석에 그려 보세요. 예측이 빗나갑니다.",
  ],
  images: ["Images", "이미지"],
  filter: ["Which digit", "숫자 고르기"],
  every: ["every digit", "모든 숫자"],
  onlyWrong: ["incorrect only", "틀린 것만"],
  random: ["Random", "무작위"],
  image: ["Image ${index}, label ${label}, prediction ${prediction}", "이미지 ${index}, 정답 ${label}, 예측 ${prediction}"],
  noImages: ["None: all of these are correct.", "없습니다. 모두 맞혔습니다."],
  probabilities: ["Probabilities:", "확률:"],
  empty: ["no ink yet", "아직 그린 것이 없습니다"],
  confidence: ["confidence ${confidence}", "확신도 ${confidence}"],
  unsure: ["not sure: ${prediction} or ${other}", "확실하지 않음: ${prediction} 또는 ${other}"],
  several: ["this looks like ${count} digits", "숫자 ${count}개로 보입니다"],
  doubtful: ["this may not be a digit", "숫자가 아닐 수도 있습니다"],
  labelled: ["label ${label}", "정답 ${label}"],
  alive: ["The net, alive", "살아 있는 신경망"],
  aliveHint: [
    "Light is activation. Blue speaks for, orange against: lines, weights, evidence. Tap a neuron or a digit to look into it.",
    "밝을수록 활성화 값이 큽니다. 선, 가중치, 근거 모두 파란색은 찬성, 주황색은 반대입니다. 뉴런이나 숫자를 눌러 들여다보세요.",
  ],
  layer: ["z${layer}: ${count} neurons", "z${layer}: 뉴런 ${count}개"],
  shownOf: ["z${layer}: ${shown} of ${count} neurons", "z${layer}: 뉴런 ${count}개 중 ${shown}개"],
  output: ["y: ten probabilities", "y: 확률 10개"],
  neuron: ["Neuron ${number} of layer ${layer}", "${layer}층 뉴런 ${number}"],
  digit: ["Digit ${digit}", "숫자 ${digit}"],
  isOff: ["switched off", "꺼짐"],
  silent: ["It is switched off: nothing of it reaches a${layer}.", "꺼져 있어서 a${layer}에 아무것도 전하지 않습니다."],
  switchOff: ["Switch off", "끄기"],
  switchOn: ["Switch on", "켜기"],
  allOn: ["All on again", "모두 다시 켜기"],
  back: ["Back", "돌아가기"],
  start: [
    "Draw a digit, then tap a neuron: here you see what it looks for, its numbers, and where its vote goes.",
    "숫자를 그리고 뉴런을 눌러 보세요. 무엇을 찾는지, 값이 얼마인지, 어디에 표를 던지는지 여기에 나옵니다.",
  ],
  looksFor: ["looks for", "찾는 것"],
  evidenceFor: ["evidence", "근거"],
  versus: ["${digit}, not ${other}", "${other|이/가} 아니라 ${digit}"],
  votes: ["Its strongest votes, into a${layer}: ${list}.", "a${layer}에 던진 가장 큰 표: ${list}."],
  from: ["Most of it comes from z${layer}: ${list}.", "z${layer}에서 온 가장 큰 기여: ${list}."],
  margin: [
    "Why ${digit} and not ${other}: it leads by ${margin} in a${layer}, that is ${times} as likely.",
    "${digit}인 이유: a${layer}에서 2위인 ${other}보다 ${margin} 높아, ${times} 더 그럴듯합니다.",
  ],
  times: ["${number} times", "약 ${number}배"],
  manyTimes: ["more than ${number} times", "${number}배 이상"],
  behind: [
    "Why not ${digit}: it is ${margin} behind ${other} in a${layer}.",
    "${digit|이/가} 아닌 이유: a${layer}에서 1위인 ${other}보다 ${margin} 낮습니다.",
  ],
  break: ["Break it", "망가뜨리기"],
  breakHint: [
    "Switch neurons off above, or disturb the input. The accuracy on the page's images, ${count} of ${total}, follows.",
    "위에서 뉴런을 끄거나 입력을 흐트러뜨려 보세요. 이 페이지의 이미지(${total}장 중 ${count}장)에 대한 정확도가 바로 바뀝니다.",
  ],
  noise: ["Noise", "잡음"],
  right: ["Shift right", "오른쪽으로"],
  down: ["Shift down", "아래로"],
  turn: ["Turn", "회전"],
  accuracy: ["Accuracy", "정확도"],
  correct: ["${correct} of ${count} correct; undisturbed ${before}", "${count}장 중 ${correct}장 정답, 원래는 ${before}"],
  off: ["Switched off: ${list}", "꺼진 뉴런: ${list}"],
  noneOff: ["Every neuron is on.", "모든 뉴런이 켜져 있습니다."],
  undoAll: ["Undo all", "모두 되돌리기"],
  map: ["Map", "지도"],
  mapHint: [
    "The page's images as the last hidden layer sees them, in two dimensions (PCA). Near is alike. Your drawing is the thick ring; incorrect ones are ringed in orange.",
    "마지막 은닉층에서 본 이미지를 2차원 평면(PCA)에 펼쳤습니다. 가까울수록 닮은 이미지입니다. 굵은 고리는 내 그림, 주황 고리는 틀린 이미지입니다.",
  ],
  mapKeys: [
    "Map: left and right go through the images, up and down through the incorrect ones, Enter puts one on the pad",
    "지도: 좌우 화살표로 이미지를, 상하 화살표로 틀린 이미지를 차례로 보고, Enter로 그림판에 올립니다",
  ],
  mapCard: ["no. ${index}\nlabel ${label}\nprediction ${prediction}\n${confidence}", "${index}번\n정답 ${label}\n예측 ${prediction}\n${confidence}"],
  putOnPad: ["Put on the pad", "그림판에 올리기"],
  batch: ["Batch", "배치"],
  batchHint: [
    "N images are one matrix: the same few products serve them all, and a weight that is read once can serve many images. Blue grows with N; grey, the net, stays.",
    "이미지 N장은 행렬 하나입니다. 행렬곱 몇 번으로 모두 처리하고, 한 번 읽은 가중치를 여러 이미지에 쓸 수 있습니다. 파랑은 N과 함께 커지고, 회색인 신경망은 그대로입니다.",
  ],
  measure: ["Measure in this browser", "이 브라우저에서 재 보기"],
  oneByOne: ["per sample", "한 장씩"],
  batched: ["batched (${size})", "배치 (${size})"],
  microseconds: ["${time} µs an image", "장당 ${time} µs"],
  faster: [
    "Where four images share each weight that is read, the batch takes ${ratio} of the time per sample (best of ${runs} runs in turn; half of them between ${low} and ${high}).",
    "한 번 읽은 가중치를 네 장이 함께 쓰면, 배치는 한 장씩 할 때의 ${ratio}배만 걸립니다(번갈아 ${runs}번 재어 가장 빠른 값, 절반은 ${low}~${high}배).",
  ],
  notFaster: [
    "On this device the batch is not clearly faster: ${ratio} of the time per sample (best of ${runs} runs in turn; half of them between ${low} and ${high}).",
    "이 기기에서는 배치가 뚜렷이 빠르지 않습니다. 한 장씩 할 때의 ${ratio}배가 걸립니다(번갈아 ${runs}번 재어 가장 빠른 값, 절반은 ${low}~${high}배).",
  ],
  same: ["Every prediction is the same.", "예측은 모두 같습니다."],
  different: ["The ways differ in ${count} predictions.", "방식에 따라 예측 ${count}개가 다릅니다."],
  single: ["One image is no batch: choose a larger N to compare.", "한 장은 배치가 아닙니다. 더 큰 N을 골라 비교해 보세요."],
  numpy: [
    "NumPy gains 4 to 6 times: its matrix product keeps weights in the cache and multiplies several numbers at once with vector units, which a browser's loop hardly does.",
    "NumPy에서는 4~6배 빨라집니다. 행렬곱이 가중치를 캐시에 두고 벡터 연산으로 여러 수를 한꺼번에 곱하기 때문입니다. 브라우저의 반복문은 그렇게 하지 못합니다.",
  ],
  sheet: ["Images and their predictions: ${size}, ${wrong} of them incorrect", "이미지 ${size}장과 예측, 틀린 것 ${wrong}장"],
  footer: [
    "Written by mnist-cli ${version}; nothing leaves this page. Images: ${count} of ${total} from ${source}.",
    "mnist-cli(${version})로 만든 페이지입니다. 아무것도 밖으로 보내지 않습니다. 이미지: ${source}의 ${total}장 중 ${count}장.",
  ],
};

let column = 0;

/** Speak English (`en`) or Korean (`ko`) from now on, and in every element that has a `data-t`. */
export function speak(language, values) {
  column = language === "ko" ? 1 : 0;
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-t]")) {
    element.textContent = say(element.dataset.t, values);
  }
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", say(element.dataset.label));
  }
}

/** A text in the language that is spoken. */
export function say(key, values = {}) {
  return WORDS[key][column].replace(/\$\{(\w+)(?:\|(.)\/(.))?\}/g, (_, name, closed, open) =>
    values[name] + (closed ? ("013678".includes(values[name]) ? closed : open) : ""));
}

/** A ratio to two digits, in words where it is large: 3.5 times, a million times; 약 100만 배. */
export function sayTimes(ratio) {
  const about = Number(Math.min(ratio, MOST_TIMES).toPrecision(2));
  const notation = about < (column ? 1e4 : 1e6) ? "standard" : "compact";
  const number = about
    .toLocaleString(column ? "ko" : "en", { notation, compactDisplay: "long", maximumSignificantDigits: 2 })
    .replace(/^1 /, "a ")
    .replace(/[만억조]$/, "$& ");
  return say(ratio > MOST_TIMES ? "manyTimes" : "times", { number });
}

/** A probability to four decimals, and to as many more, up to 12, as keep it from looking like 1. */
export function sayShare(share) {
  const decimals = share < 0.99995 ? 4 : Math.min(12, Math.ceil(-Math.log10(1 - share)));
  return Math.min(share, 1 - 1e-12).toFixed(decimals);
}
