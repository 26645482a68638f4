package corpus

// goods are what the sample parties trade in.
var goods = []string{
	"不鏽鋼六角螺栓 M6×20（鍍鋅）", "烏龍茶葉，真空包裝 150 公克", "冷凍虱目魚肚", "自行車變速器總成",
	"伺服馬達驅動器 24V", "聚丙烯編織袋", "手工具組，含棘輪扳手", "液晶顯示面板 15.6 吋", "鳳梨酥禮盒 12 入",
	"汽車輪胎 205/55R16", "棉質針織布，染色", "陶瓷電容 0.1µF", "醫療用口罩，非滅菌", "太陽能電池模組",
	"工業用縫紉機零件", "木製家具，已組裝", "蝴蝶蘭苗（組織培養）", "塑膠射出模具", "光纖跳線 LC-LC 3 公尺",
	"高粱酒 58% 0.6 公升", "鋁合金擠型材", "電動機車充電器", "玻璃纖維布", "食品級檸檬酸",
}

// traders are the foreign side of a shipment; some names need escaping in XML.
var traders = []string{
	"HARBOR & SONS LTD.", "株式会社ミナト見本", "NORDLYS EKSEMPEL AS", "MUSTER HANDELS GMBH <HAMBURG>",
	"示例進出口有限公司", "ÉCHANTILLON S.A.R.L.", `"SAMPLE" TRADING PTE. LTD.`, "ตัวอย่างการค้า จำกัด",
}

var vessels = []string{"SAMPLE HARMONY", "EVER EXAMPLE", "範例輪", "FORMOSA SPECIMEN", "PACIFIC PATTERN"}

var remarks = []string{
	"本批貨物無須簽審文件", "原產地證明書另送", "包裝：紙箱，每箱 24 入", doubleBlankRemark, "收貨人憑通知單提領", "與前次同一契約",
}

// offices are customs offices of the declaration number's first two characters.
var offices = []string{"AA", "AW", "BA", "BC", "CA", "CI", "DA"}

// doubleBlankRemark is lost on tools that collapse blanks.
const doubleBlankRemark = "貨樣  2 件  不計價"

// clients are companies that brokers declare for; they are no parties themselves.
var clients = []string{"00008827", "00049313", "00045533", "00078941"}
