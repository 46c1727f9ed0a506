"""Which fields of eToro's rows are mapped or knowingly ignored, in lower case."""

ME = frozenset(
    "gcid realcid democid username firstname middlename lastname playerlevel gender language dateofbirth lei"
    " scopes".split()
)
BALANCE = frozenset(
    "accountid accounttype subtype balance currency displaybalance displaycurrency exchangerate"
    " equitydetails".split()
)
TOTALS = frozenset("cid timestamp accountcurrency accounttotals instrumentaggregates mirrors".split())
LOT = frozenset(
    "positionid cid opendatetime openrate instrumentid isbuy takeprofitrate stoplossrate mirrorid"
    " parentpositionid amount leverage orderid ordertype units totalfees initialamountindollars istslenabled"
    " stoplossversion issettled redeemstatusid initialunits ispartiallyaltered unitsbasevaluedollars"
    " isdiscounted openpositionactiontype settlementtypeid isdetached openconversionrate pnlversion"
    " totalexternalfees totalexternaltaxes isnotakeprofit isnostoploss lotcount unrealizedpnl pnl closerate"
    " closeconversionrate timestamp".split()
)
CLOSED = frozenset(
    "netprofit closerate closetimestamp positionid instrumentid isbuy leverage openrate opentimestamp"
    " stoplossrate takeprofitrate trailingstoploss orderid socialtradeid parentpositionid investment"
    " initialinvestment fees units".split()
)
MONEY = frozenset(
    "id accountid transactiontype transactionsubtype direction status amount currency originalamount"
    " originalcurrency conversionrate postedat counterparty cardtransactiondetails"
    " banktransfertransactiondetails internaltransfertransactiondetails".split()
)
